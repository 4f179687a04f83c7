package view

import (
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"io"
)

// data is what a page holds of a run, or of how two compare: a head in JSON, and columns of bytes. Packed it is: the
// length of the head in 4 bytes, the lowest first; the head; the columns, in the order in which the head names them.
type data struct {
	head    any
	columns []namedColumn
}

type namedColumn struct {
	name  string
	bytes []byte
}

func (d *data) add(name string, bytes []byte) {
	d.columns = append(d.columns, namedColumn{name, bytes})
}

// write writes the data, deflated.
func (d *data) write(w io.Writer) error {
	type columnHead struct {
		Name  string `json:"name"`
		Bytes int    `json:"bytes"`
	}
	outer := struct {
		Head    any          `json:"head"`
		Columns []columnHead `json:"columns"`
	}{d.head, []columnHead{}}
	for _, c := range d.columns {
		outer.Columns = append(outer.Columns, columnHead{c.name, len(c.bytes)})
	}
	head, err := json.Marshal(outer)
	if err != nil {
		return err
	}
	deflated, err := flate.NewWriter(w, flate.BestCompression)
	if err != nil {
		return err
	}
	parts := [][]byte{binary.LittleEndian.AppendUint32(nil, uint32(len(head))), head}
	for _, c := range d.columns {
		parts = append(parts, c.bytes)
	}
	for _, part := range parts {
		if _, err := deflated.Write(part); err != nil {
			return err
		}
	}
	return deflated.Close()
}
