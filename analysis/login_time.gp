# login_time.gp - how long a login takes, by set-up: share of log-ins done within t.
# The published values beside it: BS-14 (3-7 s, public address or NAT) and BS-15 (about 34 s, UDP blocked).
set logscale x
set xrange [XMIN:XMAX]
set yrange [0:1.02]
set xtics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
set ytics 0.25
set xlabel 'login time (s)'
set ylabel 'share of log-ins done'
set key at screen 0.53, screen 0.02 center bottom vertical maxrows ROWS samplen 1.2 spacing 1.1 width 0 font SM
set bmargin at screen (0.09 + ROWS * 0.107 + 0.40) / H
set tmargin at screen 1 - 0.34 / H
set object 1 rect from 3,graph 0 to 7,graph 1 fc rgb '#EEF0F3' fs solid 1 noborder behind
set arrow 1 from 34,graph 0 to 34,graph 1 nohead ls 101 back
set label 1 "published\n3–7 s" at 4.58,graph 1.13 center tc rgb mute font SM
set label 2 "published\n34 s" at 34,graph 1.13 center tc rgb mute font SM
plot for [i=1:N] DATA using ($1 == i ? $5 : NaN):6 with steps lw 1.8 lc rgb COLOUR[1 + (i - 1) % 8] title TITLE[i]
