# search_risk.gp - what a right answer costs: nodes asked against the part of searches that ended without one.
# A panel a truth, a line a policy through the sizes of the network, whose largest has the large mark.
set logscale xy
set xrange [LEAST * 0.8:130]
set yrange [1:200]
set xtics ('≤ 0.01' 0.01, 0.1, 1, 10, 100) font SM
set ytics (1, 2, 4, 10, 20, 40, 100)
set bmargin at screen 0.185
set tmargin at screen 0.865
unset key
array MARK[6] = [6, 4, 8, 12, 10, 2]
# Policies that do the same would hide each other.
aside(i) = 1 + 0.09 * (i - (POLICIES + 1) / 2.0)
LEFT = 0.075; SPAN = 0.225; GAP = 0.045
set label 901 NOTE at screen 0.995, screen 0.965 right tc rgb mute font SM
set multiplot
do for [p=1:PANELS] {
    set lmargin at screen LEFT + (p - 1) * (SPAN + GAP)
    set rmargin at screen LEFT + (p - 1) * (SPAN + GAP) + SPAN
    set label 1 TITLE[p] at graph 0.02, graph 1.05 left tc rgb ink
    if (p > 1) { set format y ''; set ylabel ' ' } else { set format y '%g'; set ylabel 'nodes asked, mean' offset 0.8,0 }
    set xlabel (p == 2 ? 'searches without the right answer (%)' : ' ')
    if (p == PANELS) {
        do for [i=1:POLICIES] { set label 10 + i NAME[i] at graph 1.16, graph 0.92 - 0.10 * (i - 1) left tc rgb COLOUR[i] noenhanced \
            point pt MARK[i] ps 0.7 lc rgb COLOUR[i] offset 0.6,0 }
        set label 20 'larger mark:' at graph 1.06, graph 0.40 left tc rgb mute font SM
        set label 21 'larger network' at graph 1.06, graph 0.31 left tc rgb mute font SM
        set label 22 'policies are set apart' at graph 1.06, graph 0.20 left tc rgb mute font SM
    }
    plot for [i=1:POLICIES] DATA using (($1 == p && $2 == i) ? ($11 > LEAST ? $11 : LEAST) : NaN):($8 * aside(i)) with lines lw 1.0 lc rgb COLOUR[i], \
         for [i=1:POLICIES] DATA using (($1 == p && $2 == i) ? ($11 > LEAST ? $11 : LEAST) : NaN):($8 * aside(i)):($12 > LEAST ? $12 : LEAST):($13 > LEAST ? $13 : LEAST) \
             with xerrorbars pt 0 ps 0 lw 0.7 lc rgb COLOUR[i], \
         for [i=1:POLICIES] DATA using (($1 == p && $2 == i) ? ($11 > LEAST ? $11 : LEAST) : NaN):($8 * aside(i)):(0.35 + 0.13 * log($5 / 30.0)) \
             with points pt MARK[i] ps variable lw 0.9 lc rgb COLOUR[i]
    unset label 901
}
unset multiplot
