# style.gp - the look of every figure; loaded before the figure's own script.
# Set before it: TERM, svg (default), png, pdf, tex, dumb.  OUT, file without its ending; FONT, WIDE, TALL as below.
if (!exists("TERM")) TERM = 'svg'
if (!exists("OUT"))  OUT  = 'figure'
if (!exists("FONT")) FONT = 'Lato'
W = exists("WIDE") ? 7.16 : 3.5        # inches: text width, or one column of a two-column paper
H = exists("TALL") ? TALL : 2.25
# Okabe-Ito, re-ordered so that neighbours differ in lightness too (works in greyscale)
array COLOUR[8] = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#8C8C8C', '#000000']
ink='#1F2933'; mute='#66707C'; hair='#D9DEE4'
if (TERM eq 'png') set terminal pngcairo enhanced font FONT.',8' fontscale 2.5 size int(W*240),int(H*240) linewidth 2.4 background '#FFFFFF'
if (TERM eq 'svg') set terminal svg enhanced font FONT.',12' size int(W*132),int(H*132) linewidth 1.2 background '#FFFFFF'
if (TERM eq 'pdf') set terminal pdfcairo enhanced font FONT.',8' size W,H linewidth 1.0
if (TERM eq 'tex') set terminal cairolatex pdf input color font ',8' size W,H linewidth 1.0
if (TERM eq 'dumb') set terminal dumb size 100,30
if (TERM ne 'dumb') set output OUT.'.'.TERM
set encoding utf8
SM = (TERM eq 'svg') ? ',10' : ',7'    # small text: annotations
set border 3 lc rgb mute lw 0.8
set tics nomirror out scale 0.5 textcolor rgb ink
set grid ytics back lc rgb hair lw 0.9 dt 1
set xlabel tc rgb ink offset 0,0.3
set ylabel tc rgb ink offset 1.0,0
set rmargin 2.2; set tmargin 0.9
set key opaque samplen 1.6 spacing 1.1 width -2 tc rgb ink reverse Left
set style fill solid 1.0 noborder
set style line 101 lc rgb mute lw 0.9 dt (4,4)
set style textbox 1 opaque fc rgb '#FFFFFF' noborder margins 0.3,0.1
set datafile separator comma
set datafile missing 'NA'
