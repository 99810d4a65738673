# search_asked.gp - nodes that a search asks until it ends, against the size of the network: a panel a truth, a line a policy.
set logscale xy
set xrange [20:4500]
set yrange [1:200]
set xtics (30, 100, 300, '1 000' 1000, '3 000' 3000)
set ytics (1, 2, 4, 10, 20, 40, 100)
set bmargin at screen 0.185
set tmargin at screen 0.865
unset key
array MARK[6] = [6, 4, 8, 12, 10, 2]
# Policies that do the same would hide each other.
aside(i) = 1 + 0.09 * (i - (POLICIES + 1) / 2.0)
LEFT = 0.075; SPAN = 0.235; GAP = 0.03
set label 901 NOTE at screen 0.995, screen 0.965 right tc rgb mute font SM
set multiplot
do for [p=1:PANELS] {
    set lmargin at screen LEFT + (p - 1) * (SPAN + GAP)
    set rmargin at screen LEFT + (p - 1) * (SPAN + GAP) + SPAN
    set label 1 TITLE[p] at graph 0.02, graph 1.05 left tc rgb ink
    if (p > 1) { set format y ''; set ylabel ' ' } else { set format y '%g'; set ylabel 'nodes asked, mean' offset 0.8,0 }
    set xlabel (p == 2 ? 'supernodes in the network' : ' ')
    if (p == PANELS) {
        do for [i=1:POLICIES] { set label 10 + i NAME[i] at graph 1.16, graph 0.92 - 0.10 * (i - 1) left tc rgb COLOUR[i] noenhanced \
            point pt MARK[i] ps 0.7 lc rgb COLOUR[i] offset 0.6,0 }
    }
    if (p == 1) { set label 20 'four rounds: 4 + 8 + 16 + 32' at graph 0.03, first 75 left tc rgb mute font SM } else { unset label 20 }
    plot 60 with lines ls 101, \
         for [i=1:POLICIES] DATA using (($1 == p && $2 == i) ? $5 * aside(i) : NaN):8 with lines lw 1.4 lc rgb COLOUR[i], \
         for [i=1:POLICIES] DATA using (($1 == p && $2 == i) ? $5 * aside(i) : NaN):8:9:10 with yerrorbars pt MARK[i] ps 0.75 lw 0.9 lc rgb COLOUR[i]
    unset label 901
}
unset multiplot
