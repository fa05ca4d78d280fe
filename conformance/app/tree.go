// This file holds a tree of counters: recursion down and up through entities.

package app

import "errors"

// Node is a counter in a tree.
//
//sfc:entity
type Node struct {
	name     string
	parent   *Node
	children []*Node
	own, sum int
}

// NewNode creates a node below a parent, or a root.
func NewNode(name string, parent *Node) *Node {
	return &Node{name: name, parent: parent}
}

// Plant creates a tree of the given fan and depth, and gives the number of its nodes.
func Plant(name string, fan, depth int) int {
	return plant(NewNode(name, nil), name, fan, depth)
}

func plant(root *Node, name string, fan, depth int) int {
	count := 1
	if depth == 0 {
		return count
	}
	for i := range fan {
		below := name + string(rune('a'+i))
		child := NewNode(below, root)
		root.Adopt(child)
		count += plant(child, below, fan, depth-1)
	}
	return count
}

// Key is its name.
func (n *Node) Key() string { return n.name }

// Adopt takes a child.
func (n *Node) Adopt(child *Node) { n.children = append(n.children, child) }

// Count adds to the node and to all above it, and gives the root's sum.
func (n *Node) Count(d int) int {
	n.own += d
	n.sum += d
	if n.parent == nil {
		return n.sum
	}
	return n.parent.lift(d)
}

func (n *Node) lift(d int) int {
	n.sum += d
	if n.parent == nil {
		return n.sum
	}
	return n.parent.lift(d)
}

// Total adds up what the nodes below and this one counted; a nil node counts nothing.
func (n *Node) Total() int {
	if n == nil {
		return 0
	}
	sum := n.own
	for _, c := range n.children {
		sum += c.Total()
	}
	return sum
}

// Sum is what the node was told of all below.
func (n *Node) Sum() int { return n.sum }

// Path lists the nodes up to the root.
func (n *Node) Path() []*Node {
	if n.parent == nil {
		return []*Node{n.parent}
	}
	return append([]*Node{n.parent}, n.parent.Path()...)
}

// Check compares sums with totals everywhere below.
func (n *Node) Check() error {
	if n.sum != n.Total() {
		return errors.New(n.name + " is told otherwise")
	}
	for _, c := range n.children {
		if err := c.Check(); err != nil {
			return err
		}
	}
	return nil
}

// Deepest is the length of the longest way down.
func (n *Node) Deepest() (deepest int) {
	for _, c := range n.children {
		deepest = max(deepest, c.Deepest())
	}
	return deepest + 1
}
