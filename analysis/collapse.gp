# collapse.gp - the part of the replications that stay down, over supernode capacity and the interval between attempts.
# Both axes are logarithmic with even steps, so that a closed form is a line between the middles of cells.
set palette defined (0 '#F1F5F9', 0.25 '#BBD3E6', 0.5 '#6BA3CC', 0.75 '#2B6CA3', 1 '#0B2E4F') maxcolors 256
unset grid; unset key
set border 0
set tics scale 0
set cbrange [0:100]
set xrange [-0.5:COLS - 0.5]
set yrange [-0.5:ROWS - 0.5]
set lmargin at screen 0.105
set rmargin at screen 0.665
set bmargin at screen 0.185
set tmargin at screen 0.915
set colorbox user origin 0.685,0.185 size 0.014,0.73 noborder
set cbtics ('0' 0, '50' 50, '100 %%' 100) offset -0.6,0
set xlabel 'login capacity of a supernode ÷ normal login rate'
set ylabel 'mean interval between attempts' offset 0.3,0
set xtics () ; set ytics ()
do for [i=1:COLS] { set xtics add (sprintf('%.3g', CAPACITY[i]) i - 1) }
do for [i=1:ROWS] { set ytics add (RETRY[i] < 120 ? sprintf('%.0f s', RETRY[i]) : sprintf('%.1f min', RETRY[i] / 60.0) i - 1) }
X(capacity) = (COLS - 1) * log(1.0 * capacity / CAPACITY[1]) / log(1.0 * CAPACITY[COLS] / CAPACITY[1])
Y(retry) = (ROWS - 1) * log(1.0 * retry / RETRY[1]) / log(1.0 * RETRY[ROWS] / RETRY[1])
BACK(x) = CAPACITY[1] * (1.0 * CAPACITY[COLS] / CAPACITY[1]) ** (x / (COLS - 1.0))
held(y) = y > ROWS - 0.5 ? NaN : (y < -0.5 ? NaN : y)
do for [i=1:COLS-1] { set arrow from i - 0.5, -0.5 to i - 0.5, ROWS - 0.5 nohead lc rgb '#FFFFFF' lw 1.2 front }
do for [i=1:ROWS-1] { set arrow from -0.5, i - 0.5 to COLS - 0.5, i - 0.5 nohead lc rgb '#FFFFFF' lw 1.2 front }
set arrow from X(IGNITION_SOON), -0.5 to X(IGNITION_SOON), Y(LATE) nohead lc rgb COLOUR[2] lw 2 front
set arrow from X(IGNITION_SOON), Y(LATE) to X(IGNITION_LATE), Y(LATE) nohead lc rgb COLOUR[2] lw 2 front
set arrow from X(IGNITION_LATE), Y(LATE) to X(IGNITION_LATE), ROWS - 0.5 nohead lc rgb COLOUR[2] lw 2 front
set label 1 'collapsed: less than 20 %' at screen 0.765, screen 0.885 left tc rgb ink font SM
set label 2 'of the users online 2 h after' at screen 0.765, screen 0.832 left tc rgb ink font SM
set label 3 NOTE at screen 0.765, screen 0.779 left tc rgb mute font SM
set label 10 BOUNDS at screen 0.765, screen 0.726 left tc rgb mute font SM
set label 4 'closed forms:' at screen 0.765, screen 0.62 left tc rgb ink font SM
set arrow 101 from screen 0.765, screen 0.55 to screen 0.80, screen 0.55 nohead lc rgb COLOUR[2] lw 2
set label 6 'ignites left of it' at screen 0.81, screen 0.55 left tc rgb COLOUR[2] font SM
set arrow 102 from screen 0.765, screen 0.485 to screen 0.80, screen 0.485 nohead lc rgb COLOUR[5] lw 2
set label 8 'stays down below it,' at screen 0.81, screen 0.485 left tc rgb '#9A6A00' font SM
set label 9 'if all come back at once' at screen 0.81, screen 0.432 left tc rgb '#9A6A00' font SM
set samples 400
plot DATA using 1:2:7 with image pixels, \
     '+' using 1:(held(Y(SUSTAINED / BACK($1)))) with lines lw 1.5 lc rgb COLOUR[5], \
     DATA using 1:2:(sprintf('%.0f', $7)):($7 > 45 ? 0xFFFFFF : 0x1F2933) with labels tc rgb variable
