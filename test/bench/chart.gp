# Two bars a line on a logarithmic scale, from lines of "title" first second; variables: chart, data, heading, first and second (what
# the bars are), least and most (of the scale)

shown(microseconds) = sprintf(microseconds < 10 ? "%.2f" : "%.0f", microseconds)

set terminal svg noenhanced size 860,440 font "sans-serif,13" background "white"
set output chart

set title heading
set logscale x
set xrange [least:most]
set xtics nomirror
set ytics nomirror
set yrange [*:*] reverse
set offsets 0, 0, 0.3, 0.3
set grid xtics
set border 3
set key right top
set style fill solid noborder

plot data using (least):($0 - 0.2):(least):2:($0 - 0.38):($0 - 0.02):ytic(1) with boxxyerror linecolor "#3b6ea5" title first, \
     data using (least):($0 + 0.2):(least):3:($0 + 0.02):($0 + 0.38) with boxxyerror linecolor "#e0a030" title second, \
     data using 2:($0 - 0.2):(shown($2)) with labels left offset 0.5, 0 font ",10" notitle, \
     data using 3:($0 + 0.2):(shown($3)) with labels left offset 0.5, 0 font ",10" notitle
