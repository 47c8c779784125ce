// Package view is what "systole top" shows, as a value: state documents, keys and sizes go in,
// lines come out. It opens no terminal and asks no daemon.
//
//	Show(Snapshot) ─┐
//	Press(Key)     ─┼─▶ Model ─▶ Lines()   as many as the terminal has, each with its styles
//	Resize(w, h)   ─┤        └─▶ Effect    quit, or an order for ldirectord
//	Clock(now)     ─┘        └─▶ Page()    everything, for a pipe or a dumb terminal
//
// The panes, from the top: what this node holds and what is wrong; nodes and paths; groups; the
// virtual server table; the last events; keys. The table takes the room that the others leave. On
// 80 columns:
//
//	VIRTUAL, REAL          STATE    WEIGHT ACTIVE  INACT  NEW/S   CHECK HISTORY
//	 tcp 10.1.0.70:80 wlc              20    112    340     41
//	>  10.1.0.11:80        up          10     80    200     30   1.2ms ▁▁▂▁▁▃▁▁▁▁▁
//	   10.1.0.12:80        draining     0     32    140      0   1.9ms ▂▂▂x▂▂▂▂▂▂▂
//	   10.1.0.13:80        up, slow     3     12     60      9   1.1ms xx▁▁▁▁▁▁▁▁▁
//	   10.1.0.14:80        down         -      0      0      0    path xx▁▁xxxxxxx
//
// Nothing is told by colour alone: states are words, the selected line has a mark, what is wrong
// begins with !, a failed check is an x. Below the table stand the details of the selected line.
package view
