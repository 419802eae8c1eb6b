package export

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/go-fonts/dejavu/dejavusanscondensed"
	"github.com/go-pdf/fpdf"
)

// pdfFont holds which characters a font has, and how wide they are.
type pdfFont struct {
	data []byte
	// widths are by character, in thousandths of the font's size, or noGlyph if
	// the font lacks the character. They end at U+FFFF: fpdf draws no others.
	widths []uint16
	// other is the font of the characters that the built-in one does not have:
	// widths has theirs too. It is nil if the host gives none.
	other *pdfFont
}

const noGlyph = math.MaxUint16

// newPDFFont is the built-in font, with the host's for what it does not have.
func newPDFFont(given []byte) (*pdfFont, error) {
	font, err := readPDFFont(dejavusanscondensed.TTF)
	if err != nil || len(given) == 0 {
		return font, err
	}
	other, err := readPDFFont(given)
	if err == nil {
		// fpdf says nothing about a font that it cannot read, or panics.
		err = guarded(func() error {
			first := slices.IndexFunc(other.widths, func(width uint16) bool { return width != noGlyph })
			if first < 0 || len(fpdf.UTF8CutFont(bytes.Clone(given), string(rune(first)))) == 0 {
				return errors.New("no glyphs can be taken from it")
			}
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("reading Report.Font, %d bytes: %w: give the bytes of a TrueType file (.ttf)", len(given), err)
	}
	widths := slices.Clone(font.widths)
	for r, width := range other.widths {
		if widths[r] == noGlyph {
			widths[r] = width
		}
	}
	return &pdfFont{data: font.data, widths: widths, other: font.besides(other)}, nil
}

// CheckFont reports why a font cannot be [Report].Font, if it cannot, so that a
// program learns of it when it starts.
func CheckFont(font []byte) error {
	if len(font) == 0 {
		return nil
	}
	_, err := newPDFFont(font)
	return err
}

// besides is the other font with only the characters that this one does not have.
func (f *pdfFont) besides(other *pdfFont) *pdfFont {
	rest := &pdfFont{data: other.data, widths: slices.Clone(other.widths)}
	for r, width := range f.widths {
		if width != noGlyph {
			rest.widths[r] = noGlyph
		}
	}
	return rest
}

// has reports whether the font can show a character.
func (f *pdfFont) has(r rune) bool {
	return r >= 0 && int(r) < len(f.widths) && f.widths[r] != noGlyph
}

// isOther reports whether a character is drawn with the host's font.
func (f *pdfFont) isOther(r rune) bool { return f.other != nil && f.other.has(r) }

// guarded turns a panic of fpdf into an error.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("making the document: %v", p)
		}
	}()
	return do()
}

// sfnt is a font file. What lies beyond its end is zero.
type sfnt []byte

func (f sfnt) u16(at int) int {
	if at < 0 || at+2 > len(f) {
		return 0
	}
	return int(binary.BigEndian.Uint16(f[at:]))
}

func (f sfnt) u32(at int) int { return f.u16(at)<<16 | f.u16(at+2) }

// readPDFFont reads what fpdf will read, and refuses what fpdf would complain
// about on standard output.
func readPDFFont(data []byte) (*pdfFont, error) {
	f := sfnt(data)
	switch f.u32(0) {
	case 0x00010000, 0x74727565:
	case 0x4f54544f:
		return nil, errors.New("an OpenType font with PostScript outlines, and only TrueType outlines can be drawn")
	case 0x74746366:
		return nil, errors.New("a collection of fonts, not a single one")
	default:
		return nil, errors.New("not a TrueType font")
	}
	tables := make(map[string]int)
	for i := range f.u16(4) {
		record := 12 + 16*i
		if record+16 > len(f) || f.u32(record+8)+f.u32(record+12) > len(f) {
			return nil, errors.New("the file is cut")
		}
		tables[string(f[record:record+4])] = f.u32(record + 8)
	}
	for _, name := range []string{"name", "head", "hhea", "hmtx", "maxp", "cmap", "post", "loca", "glyf"} {
		if tables[name] == 0 {
			return nil, fmt.Errorf("no table %q", name)
		}
	}
	if rights := f.u16(tables["OS/2"] + 8); tables["OS/2"] != 0 && (rights == 2 || rights&0x300 != 0) {
		return nil, errors.New("its maker does not allow that documents hold parts of it")
	}
	if f.u16(tables["name"]) != 0 {
		return nil, errors.New(`table "name": not of format 0`)
	}
	glyphs, err := f.characters(tables["cmap"])
	if err != nil {
		return nil, fmt.Errorf(`table "cmap": %w`, err)
	}
	return f.measured(glyphs, tables)
}

// measured finds the widths of the glyphs, which are by character.
func (f sfnt) measured(glyphs []uint16, tables map[string]int) (*pdfFont, error) {
	em, metrics := f.u16(tables["head"]+18), f.u16(tables["hhea"]+34)
	if em == 0 || metrics == 0 || tables["hmtx"]+4*metrics > len(f) {
		return nil, errors.New("no widths")
	}
	font := &pdfFont{data: f, widths: make([]uint16, len(glyphs))}
	for r, glyph := range glyphs {
		font.widths[r] = noGlyph
		if glyph != 0 {
			advance := f.u16(tables["hmtx"] + 4*min(int(glyph), metrics-1))
			font.widths[r] = uint16(min((advance*1000+em/2)/em, noGlyph-1))
		}
	}
	return font, nil
}

// characters reads the numbers of the glyphs, by character, from the first
// table in format 4, which is the one that fpdf reads.
func (f sfnt) characters(cmap int) ([]uint16, error) {
	at := 0
	for i := range f.u16(cmap + 2) {
		record := cmap + 4 + 8*i
		platform, encoding, start := f.u16(record), f.u16(record+2), cmap+f.u32(record+4)
		if (platform == 0 || platform == 3 && encoding == 1) && f.u16(start) == 4 {
			at = start
			break
		}
	}
	if at == 0 {
		return nil, errors.New("nothing for Unicode in format 4")
	}
	// The segments' ends, two bytes of nothing, their starts, what to add, and
	// where their glyphs are.
	size := f.u16(at + 6)
	ends, starts, deltas, offsets := at+14, at+16+size, at+16+2*size, at+16+3*size
	glyphs := make([]uint16, noGlyph)
	next := 0
	for i := 0; i < size; i += 2 {
		first, last := f.u16(starts+i), f.u16(ends+i)
		if first < next || last < first {
			return nil, errors.New("segments are not in order")
		}
		next = last + 1
		for r := first; r <= last && r < len(glyphs); r++ {
			glyph, offset := r, f.u16(offsets+i)
			if offset != 0 {
				if glyph = f.u16(offsets + i + offset + 2*(r-first)); glyph == 0 {
					continue
				}
			}
			glyphs[r] = uint16(glyph + f.u16(deltas+i))
		}
	}
	return glyphs, nil
}
