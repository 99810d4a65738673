# refresh.gp - what a policy of keeping the NAT report takes, and what it leaves: messages against time in which it is wrong.
# One panel a case, all on the same two logarithmic axes, as either spans three decades; then the key.  Marks that
# coincide share their label.
set logscale xy
set xrange [1:1000]
set yrange [YMIN:YMAX]
set xtics (1, 10, 100, 1000)
set ytics (0.01, 0.1, 1, 10, 100)
set bmargin 0; set tmargin 0; set lmargin 0; set rmargin 0
unset key
COLS = 3
LEFT = 0.075; RIGHT = 0.975; TOP = 1 - 0.26 / H; BOTTOM = 0.50 / H
GAPX = 0.030; GAPY = 0.46 / H
PW = (RIGHT - LEFT - (COLS - 1) * GAPX) / COLS
PH = (TOP - BOTTOM - (ROWS - 1) * GAPY) / ROWS
KEYX = LEFT + (PANELS % COLS) * (PW + GAPX) + 0.02
KEYY = TOP - (PANELS / COLS) * (PH + GAPY)
set label 901 'datagrams that a peer sends and receives for it, an hour' at screen LEFT, screen 0.11 / H left tc rgb ink
set label 902 'time in which the report is wrong (%)' at screen 0.016, screen (TOP + BOTTOM) / 2 center rotate tc rgb ink
set label 903 NOTE at screen RIGHT, screen 0.11 / H right tc rgb mute font SM
do for [i=1:KEYS] { set label 910 + i KEY[i] at screen KEYX, screen KEYY - (i - 0.5) * 0.128 / H left tc rgb ink font SM noenhanced }
set multiplot
do for [p=1:PANELS] {
    col = (p - 1) % COLS; row = (p - 1) / COLS
    set size PW, PH
    set origin LEFT + col * (PW + GAPX), TOP - PH - row * (PH + GAPY)
    if (p == 2) { unset label 901; unset label 902; unset label 903; do for [i=1:KEYS] { unset label 910 + i } }
    if (col == 0) { set format y '%g' } else { set format y '' }
    set label 900 TITLE[p] at graph 0.02, graph 1.07 left tc rgb ink
    do for [i=1:LABELS] {
        unset label i
        if (LPANEL[i] == p) { set label i LABEL[i] at LX[i], LY[i] left offset 0.5, 0.55 tc rgb ink font SM front noenhanced }
    }
    plot DATA using ($1 == p ? $6 : NaN):($9 > YMIN ? $9 : YMIN):7:8:($10 > YMIN ? $10 : YMIN):($11 > YMIN ? $11 : YMIN) with xyerrorbars pt 7 ps 0.6 lw 0.8 lc rgb COLOUR[1]
}
unset multiplot
