# path_share.gp - by which way pairs of a population come together, against a share that is swept.
# Lines: foretold from the boxes of both ends.  Points: what came about, with 95 % intervals over peers.
# Published beside it: NA-14 (70 ± 7.1 % of punching attempts between NATs), NA-01 and NA-02 (82 % and 64 % of NATs
# can be punched over UDP, over TCP).
set yrange [0:100]
set ytics 20 format '%g %%'
set xtics 5 format '%g %%'
set key off
LEFT = 0.078; RIGHT = 0.785; GAP = 0.02
SPAN = (RIGHT - LEFT - (N - 1) * GAP) / N
array INK[8] = [COLOUR[8], COLOUR[7], COLOUR[1], COLOUR[6], COLOUR[3], COLOUR[2], COLOUR[5], COLOUR[4]]
array DOT[8] = [7, 6, 7, 5, 9, 13, 11, 15]
stats DATA using 4 every ::1 nooutput name 'X'
ROOM = (X_max - X_min) * 0.09
set xrange [X_min - ROOM : X_max + ROOM]
set object 1 rect from graph 0, first 62.9 to graph 1, first 77.1 fc rgb '#EEF0F3' fs solid 1 noborder behind
set tmargin at screen 0.915
set bmargin at screen 0.155
set label 9 'n = '.EACH.' pairs a point · line: foretold · dots: observed, 95 %' at screen 0.995, screen 0.975 right tc rgb mute font SM
set multiplot
do for [p=1:N] {
    set lmargin at screen LEFT + (p - 1) * (SPAN + GAP)
    set rmargin at screen LEFT + (p - 1) * (SPAN + GAP) + SPAN
    set label 1 PANEL[p] at graph 0.02, graph 1.035 left tc rgb ink
    if (p > 1) { set ytics format ''; set ylabel ' ' } else { set ylabel 'share of pairs' offset 0.6,0 }
    set xlabel (p == (N + 1) / 2 ? 'share of peers: '.AXIS : ' ')
    if (p == 1) {
        set label 2 'published 70 ± 7.1 (NA-14)' at graph 0.03, first 70.2 left tc rgb mute font SM
    } else { unset label 2 }
    # Of NATs, not of pairs: marks at the edge.
    if (p == N) {
        set arrow 1 from graph 0.965, first 82 to graph 1, first 82 nohead lc rgb mute lw 2.2 front
        set arrow 2 from graph 0.965, first 64 to graph 1, first 64 nohead lc rgb mute lw 2.2 front
        do for [i=1:LABELS] { set label 10 + i TITLE[i] at graph 1.03, first TITLE_Y[i] left tc rgb INK[TITLE_OF[i]] font SM }
        set label 3 '82 % of NATs: UDP (NA-01)' at graph 1.03, first 78.5 left tc rgb mute font SM
        set label 4 '64 % of NATs: TCP (NA-02)' at graph 1.03, first 64 left tc rgb mute font SM
    }
    plot for [i=1:8] DATA using (($1 == p && $2 == i) ? $4 : NaN):9 every ::1 with lines lw (i < 3 ? 1.7 : 1.3) lc rgb INK[i], \
         for [i=1:8] DATA using (($1 == p && $2 == i) ? $4 : NaN):6:7:8 every ::1 with yerrorbars pt DOT[i] ps 0.42 lw 0.9 lc rgb INK[i]
    set label 9 ''
}
unset multiplot
