# login_time.gp - how long a login takes, by set-up: share of log-ins done within t.
# The measured values beside it are BS-14 (3-7 s, public and NAT) and BS-15 (about 34 s, UDP refused).
set logscale x
set xrange [XMIN:XMAX]
set yrange [0:1.02]
set xtics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
set ytics 0.25
set xlabel 'login time (s)'
set ylabel 'share of log-ins done'
set key at screen 0.98, screen 0.04 right bottom maxrows 3 samplen 1.2 font SM
set bmargin 3.2 + (N + 1) / 2 * 0.9
set object 1 rect from 3,graph 0 to 7,graph 1 fc rgb '#EEF0F3' fs solid 1 noborder behind
set arrow 1 from 34,graph 0 to 34,graph 1 nohead ls 101 back
set label 1 "measured\n3–7 s" at 4.58,1.12 center tc rgb mute font SM
set label 2 "measured\n34 s" at 34,1.12 center tc rgb mute font SM
set tmargin 2.4
plot for [i=1:N] DATA using (strcol(1) eq NAME[i] ? $4 : NaN):5 with steps lw 1.8 lc rgb COLOUR[1 + (i - 1) % 8] title TITLE[i]
