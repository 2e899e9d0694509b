# Bars on a logarithmic scale, from lines of "title" sign verify; variables: chart, data

shown(microseconds) = sprintf(microseconds < 10 ? "%.2f" : "%.0f", microseconds)

set terminal svg noenhanced size 860,440 font "sans-serif,13" background "white"
set output chart

set title "Microseconds to sign and to verify a token, on one thread; shorter is better"
set logscale x
set xrange [0.2:1000]
set xtics nomirror
set ytics nomirror
set yrange [*:*] reverse
set offsets 0, 0, 0.3, 0.3
set grid xtics
set border 3
set key right top
set style fill solid noborder

plot data using (0.2):($0 - 0.2):(0.2):2:($0 - 0.38):($0 - 0.02):ytic(1) with boxxyerror linecolor "#3b6ea5" title "sign", \
     data using (0.2):($0 + 0.2):(0.2):3:($0 + 0.02):($0 + 0.38) with boxxyerror linecolor "#e0a030" title "verify", \
     data using 2:($0 - 0.2):(shown($2)) with labels left offset 0.5, 0 font ",10" notitle, \
     data using 3:($0 + 0.2):(shown($3)) with labels left offset 0.5, 0 font ",10" notitle
