# refresh.gp - what a policy of keeping the NAT report takes, and what it leaves: messages against time in which it is wrong.
# One panel a case, all on the same axes; marks that coincide share their label.
set logscale x
set xrange [1:1000]
set yrange [0:YMAX]
set xtics (1, 10, 100, 1000)
set bmargin 0; set tmargin 0; set lmargin 0; set rmargin 0
unset key
COLS = 3
LEFT = 0.075; RIGHT = 0.985; TOP = 1 - 0.26 / H; BOTTOM = 0.52 / H
GAPX = 0.025; GAPY = 0.42 / H
PW = (RIGHT - LEFT - (COLS - 1) * GAPX) / COLS
PH = (TOP - BOTTOM - (ROWS - 1) * GAPY) / ROWS
set label 901 'datagrams a peer sends and receives for it, an hour' at screen (LEFT + RIGHT) / 2, screen 0.12 / H center tc rgb ink
set label 902 'time in which the report is wrong (%)' at screen 0.016, screen (TOP + BOTTOM) / 2 center rotate tc rgb ink
set label 903 NOTE at screen RIGHT, screen 0.12 / H right tc rgb mute font SM
set multiplot
do for [p=1:PANELS] {
    col = (p - 1) % COLS; row = (p - 1) / COLS
    set size PW, PH
    set origin LEFT + col * (PW + GAPX), TOP - PH - row * (PH + GAPY)
    if (p == 2) { unset label 901; unset label 902; unset label 903 }
    if (col == 0) { set format y '%g' } else { set format y '' }
    set label 900 TITLE[p] at graph 0.02, graph 1.06 left tc rgb ink
    do for [i=1:LABELS] {
        unset label i
        if (LPANEL[i] == p && LX[i] <= RIGHT_MOST) { set label i LABEL[i] at LX[i], LY[i] left offset 0.8, 0.35 tc rgb mute font SM front noenhanced }
        if (LPANEL[i] == p && LX[i] > RIGHT_MOST) { set label i LABEL[i] at LX[i], LY[i] right offset -0.8, 0.35 tc rgb mute font SM front noenhanced }
    }
    plot DATA using ($1 == p ? $6 : NaN):9:7:8:10:11 with xyerrorbars pt 7 ps 0.35 lw 0.8 lc rgb COLOUR[1]
}
unset multiplot
