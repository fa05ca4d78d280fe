// This file holds entities whose state is as long as one likes.

package ledger

// Part is a piece of a document.
type Part struct {
	Name string
	Text string
}

// Document is a state of many parts.
//
//sfc:entity
type Document struct {
	id    string
	parts []Part
	edits int
}

// NewDocument makes a document of n parts of equal text.
func NewDocument(id string, n int, text string) *Document {
	d := &Document{id: id}
	for range n {
		d.parts = append(d.parts, Part{Name: "part", Text: text})
	}
	return d
}

// Key is the document's name.
func (d *Document) Key() string { return d.id }

// Edit replaces a part's text; no other entity is called.
func (d *Document) Edit(part int, text string) int {
	d.parts[part].Text = text
	d.edits++
	return d.edits
}

// EditNoted replaces a part's text and notes it in a journal: the method is cut at the call.
func (d *Document) EditNoted(part int, text string, in *Journal) int {
	d.parts[part].Text = text
	d.edits++
	return d.edits + in.Note(d.edits)
}

// Journal counts notes.
//
//sfc:entity
type Journal struct {
	id    string
	notes int
}

// NewJournal makes a journal.
func NewJournal(id string) *Journal { return &Journal{id: id} }

// Key is the journal's name.
func (j *Journal) Key() string { return j.id }

// Note counts one note.
func (j *Journal) Note(edits int) int {
	j.notes += edits & 1
	return j.notes
}
