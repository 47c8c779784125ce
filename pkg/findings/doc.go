// Package findings tells what is wrong with a configuration: one tree of /etc/ha.d, or those of
// both nodes side by side. It is pure; files and names are handed to it.
//
//	Tree ─┬─ ha.cf ──────── hacf ────────┐ diagnostics
//	      ├─ haresources ── haresources ─┤──▶ classify ──┐
//	      ├─ authkeys ───── authkeys ────┤               ├──▶ []Finding
//	      └─ ldirectord.cf  ldirectorcf ─┘               │
//	              └── configs ──▶ traps of one tree ─────┤
//	                       └────▶ traps of the pair ─────┘
//
// The parsers know what the originals refuse and what they misread; classify gives each of their
// diagnostics a code. The traps are configurations that both originals accept without a word and
// that fail when they are needed: both nodes naming themselves, one cable for everything, checks
// that cannot fail.
//
// A code is for ever: scripts and people look for it. What a code means stands in one table, of
// which docs/findings is made.
package findings
