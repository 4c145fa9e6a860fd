package erd

import (
	"cmp"
	"math"
	"slices"
)

// The layout is the layered one of Sugiyama, Tagawa and Toda (1981), from left to right: cycles are broken by a
// depth-first search, layers are filled in topological order up to a width (Coffman and Graham), long links are
// carried through the layers between by dummies, crossings are reduced by barycentres, and the places within a layer
// are the least-squares fit to those of the neighbours (isotonic regression). Components are laid out one by one and
// packed onto shelves. Every step ends after a fixed number of passes, so a thousand tables take a moment.

// Distances in pixels.
const (
	layerGap = 90.0
	nodeGap  = 26.0
	lineGap  = 10.0
	margin   = 20.0
)

type point struct{ x, y float64 }

// box is a node: its size comes in, its upper left corner goes out.
type box struct{ x, y, w, h float64 }

// link joins two boxes. fromY and toY say where, measured from the top of the box. The path goes out.
type link struct {
	from, to   int
	fromY, toY float64
	path       []point
	// fromLeft and toLeft say on which side of the boxes the path ends.
	fromLeft, toLeft bool
}

// arrange places boxes and draws links, and gives the size of the whole.
func arrange(boxes []box, links []link) (width, height float64) {
	comp := components(len(boxes), links)
	var parts []*part
	for _, nodes := range comp {
		parts = append(parts, place(boxes, links, nodes))
	}
	return pack(boxes, links, parts)
}

// components are the connected sets of boxes, each in ascending order.
func components(n int, links []link) [][]int {
	root := make([]int, n)
	for i := range root {
		root[i] = i
	}
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	for _, l := range links {
		root[find(l.from)] = find(l.to)
	}
	at := map[int]int{}
	var out [][]int
	for i := range n {
		r := find(i)
		if _, ok := at[r]; !ok {
			at[r] = len(out)
			out = append(out, nil)
		}
		out[at[r]] = append(out[at[r]], i)
	}
	return out
}

// cell is a place in a layer: a box, or a dummy that carries a link on.
type cell struct {
	box         int // or -1
	link        int // of a dummy
	layer       int
	y, h        float64
	left, right []*cell
	order       float64
}

type part struct {
	nodes  []int
	links  []int
	w, h   float64
	layers [][]*cell
}

func place(boxes []box, links []link, nodes []int) *part {
	p := &part{nodes: nodes}
	in := map[int]*cell{}
	for _, n := range nodes {
		in[n] = &cell{box: n, h: boxes[n].h}
	}
	var use []int
	for i, l := range links {
		if in[l.from] != nil {
			p.links = append(p.links, i)
			if l.from != l.to {
				use = append(use, i)
			}
		}
	}
	layerOf := layers(nodes, links, use)
	for _, n := range nodes {
		in[n].layer = layerOf[n]
		for len(p.layers) <= layerOf[n] {
			p.layers = append(p.layers, nil)
		}
		p.layers[layerOf[n]] = append(p.layers[layerOf[n]], in[n])
	}
	chains := map[int][]*cell{}
	for _, i := range use {
		a, b := in[links[i].from], in[links[i].to]
		if a.layer > b.layer {
			a, b = b, a
		}
		last := a
		for k := a.layer + 1; k < b.layer; k++ {
			d := &cell{box: -1, link: i, layer: k, h: 2}
			p.layers[k] = append(p.layers[k], d)
			last.right, d.left = append(last.right, d), append(d.left, last)
			chains[i] = append(chains[i], d)
			last = d
		}
		last.right, b.left = append(last.right, b), append(b.left, last)
	}
	p.uncross()
	p.align()
	// Layers become columns.
	x := 0.0
	for _, l := range p.layers {
		wide := 0.0
		for _, c := range l {
			if c.box >= 0 {
				wide = max(wide, boxes[c.box].w)
			}
		}
		for _, c := range l {
			if c.box >= 0 {
				boxes[c.box].x, boxes[c.box].y = x, c.y
				p.h = max(p.h, c.y+c.h)
			} else {
				c.order = x + wide/2 // the x of a dummy, from here on
				p.h = max(p.h, c.y+c.h)
			}
		}
		x += wide + layerGap
	}
	p.w = x - layerGap
	for _, i := range p.links {
		p.route(boxes, &links[i], chains[i])
	}
	return p
}

// layers gives each node the layer to the right of what it refers to, at most a certain number in one layer.
func layers(nodes []int, links []link, use []int) map[int]int {
	out, indegree := map[int][]int{}, map[int]int{}
	state := map[int]int{}
	succ := map[int][]int{}
	for _, i := range use {
		succ[links[i].from] = append(succ[links[i].from], links[i].to)
		indegree[links[i].to]++
	}
	// Depth first from the nodes that refer to nothing; a link back to an ancestor is turned round.
	starts := slices.Clone(nodes)
	slices.SortStableFunc(starts, func(a, b int) int { return cmp.Compare(indegree[a], indegree[b]) })
	type frame struct{ node, next int }
	for _, s := range starts {
		if state[s] != 0 {
			continue
		}
		stack := []frame{{node: s}}
		state[s] = 1
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.next == len(succ[f.node]) {
				state[f.node] = 2
				stack = stack[:len(stack)-1]
				continue
			}
			to := succ[f.node][f.next]
			f.next++
			switch state[to] {
			case 1:
				out[to] = append(out[to], f.node)
			case 0:
				state[to] = 1
				out[f.node] = append(out[f.node], to)
				stack = append(stack, frame{node: to})
			default:
				out[f.node] = append(out[f.node], to)
			}
		}
	}
	degree := map[int]int{}
	for _, n := range nodes {
		for _, to := range out[n] {
			degree[to]++
		}
	}
	limit := max(4, int(math.Ceil(math.Sqrt(float64(len(nodes)))*1.2)))
	layer, count := map[int]int{}, map[int]int{}
	var ready []int
	for _, n := range nodes {
		if degree[n] == 0 {
			ready = append(ready, n)
		}
	}
	for len(ready) > 0 {
		n := ready[0]
		ready = ready[1:]
		for count[layer[n]] >= limit {
			layer[n]++
		}
		count[layer[n]]++
		for _, to := range out[n] {
			layer[to] = max(layer[to], layer[n]+1)
			if degree[to]--; degree[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	// No layer is left empty.
	used := make([]int, 0, len(count))
	for l := range count {
		used = append(used, l)
	}
	slices.Sort(used)
	for _, n := range nodes {
		i, _ := slices.BinarySearch(used, layer[n])
		layer[n] = i
	}
	return layer
}

// uncross orders the layers by the barycentres of their neighbours, forth and back.
func (p *part) uncross() {
	number := func(l []*cell) {
		for i, c := range l {
			c.order = float64(i)
		}
	}
	for _, l := range p.layers {
		number(l)
	}
	sweep := func(l []*cell, neighbours func(*cell) []*cell) {
		key := make(map[*cell]float64, len(l))
		for _, c := range l {
			sum, ns := 0.0, neighbours(c)
			for _, n := range ns {
				sum += n.order
			}
			if key[c] = c.order; len(ns) > 0 {
				key[c] = sum / float64(len(ns))
			}
		}
		slices.SortStableFunc(l, func(a, b *cell) int { return cmp.Compare(key[a], key[b]) })
		number(l)
	}
	for range 6 {
		for _, l := range p.layers {
			sweep(l, func(c *cell) []*cell { return c.left })
		}
		for _, l := range slices.Backward(p.layers) {
			sweep(l, func(c *cell) []*cell { return c.right })
		}
	}
}

// align moves the cells of each layer towards their neighbours without changing the order.
func (p *part) align() {
	for _, l := range p.layers {
		y := 0.0
		for _, c := range l {
			c.y = y
			y += c.h + gap(c)
		}
	}
	for i := range 8 {
		step := func(l []*cell) {
			want := make([]float64, len(l))
			offset := 0.0
			for k, c := range l {
				sum, n := 0.0, 0.0
				for _, o := range slices.Concat(c.left, c.right) {
					sum += o.y + o.h/2
					n++
				}
				at := c.y
				if n > 0 {
					at = sum/n - c.h/2
				}
				want[k] = at - offset
				offset += c.h + gap(c)
			}
			fit(want)
			offset = 0
			for k, c := range l {
				c.y = want[k] + offset
				offset += c.h + gap(c)
			}
		}
		if i%2 == 0 {
			for _, l := range p.layers {
				step(l)
			}
		} else {
			for _, l := range slices.Backward(p.layers) {
				step(l)
			}
		}
	}
	top := math.Inf(1)
	for _, l := range p.layers {
		for _, c := range l {
			top = min(top, c.y)
		}
	}
	for _, l := range p.layers {
		for _, c := range l {
			c.y -= top
		}
	}
}

func gap(c *cell) float64 {
	if c.box < 0 {
		return lineGap
	}
	return nodeGap
}

// fit replaces v by the nearest sequence that does not descend (pool adjacent violators).
func fit(v []float64) {
	type pool struct {
		sum float64
		n   int
	}
	var ps []pool
	for _, x := range v {
		ps = append(ps, pool{x, 1})
		for len(ps) > 1 && ps[len(ps)-2].sum/float64(ps[len(ps)-2].n) > ps[len(ps)-1].sum/float64(ps[len(ps)-1].n) {
			a, b := ps[len(ps)-2], ps[len(ps)-1]
			ps = append(ps[:len(ps)-2], pool{a.sum + b.sum, a.n + b.n})
		}
	}
	i := 0
	for _, p := range ps {
		for range p.n {
			v[i] = p.sum / float64(p.n)
			i++
		}
	}
}

// route gives a link its path.
func (p *part) route(boxes []box, l *link, chain []*cell) {
	a, b := boxes[l.from], boxes[l.to]
	if l.from == l.to { // a loop on the right
		x := a.x + a.w
		l.path = []point{{x, a.y + l.fromY}, {x + layerGap/2, a.y + l.fromY}, {x + layerGap/2, a.y + l.toY}, {x, a.y + l.toY}}
		p.w = max(p.w, x+layerGap/2+4)
		return
	}
	l.fromLeft, l.toLeft = a.x > b.x, a.x < b.x
	start, end := point{a.x + a.w, a.y + l.fromY}, point{b.x + b.w, b.y + l.toY}
	if l.fromLeft {
		start.x = a.x
	}
	if l.toLeft {
		end.x = b.x
	}
	l.path = []point{start}
	mid := make([]point, len(chain))
	for i, c := range chain {
		mid[i] = point{c.order, c.y + c.h/2}
	}
	if l.fromLeft {
		slices.Reverse(mid)
	}
	l.path = append(append(l.path, mid...), end)
}

// pack puts the components onto shelves, the high ones first, and moves everything there.
func pack(boxes []box, links []link, parts []*part) (width, height float64) {
	area, widest := 0.0, 0.0
	for _, p := range parts {
		area += (p.w + layerGap) * (p.h + nodeGap)
		widest = max(widest, p.w)
	}
	target := max(widest, math.Sqrt(area)*1.3)
	slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Compare(b.h, a.h) })
	x, y, shelf := margin, margin, 0.0
	for _, p := range parts {
		if x > margin && x+p.w > target+margin {
			x, y, shelf = margin, y+shelf+nodeGap*1.5, 0
		}
		for _, n := range p.nodes {
			boxes[n].x += x
			boxes[n].y += y
		}
		for _, i := range p.links {
			for k := range links[i].path {
				links[i].path[k].x += x
				links[i].path[k].y += y
			}
		}
		width, height = max(width, x+p.w+margin), max(height, y+p.h+margin)
		x += p.w + layerGap/2
		shelf = max(shelf, p.h)
	}
	return max(width, 2*margin), max(height, 2*margin)
}
