// Package pdfcjk has a font for Chinese, Japanese and Korean in PDF exports. It
// is a separate module, since the font makes a program larger by 3.5 MB:
//
//	httpui.Options{Exports: httpui.Exports{Font: pdfcjk.Font()}}
//	export.Report{Font: pdfcjk.Font()}
//
// Text that the built-in font has, such as Latin, keeps that font. A document
// holds only the glyphs that it uses: fifty of them add about 8 KB.
//
// The font is Droid Sans Fallback, © Google Corp., under the Apache License 2.0
// (see LICENSE-DroidSansFallback): the file DroidSansFallback.ttf of Debian's
// package fonts-droid-fallback 1:6.0.1r16-1.1. It has kana, hangul and the 20,902
// ideographs of U+4E00 to U+9FA5, in one weight and in the forms of mainland China.
// Rarer ideographs are written as [U+3402].
package pdfcjk

import (
	_ "embed"
	"slices"
)

//go:embed DroidSansFallback.ttf
var droidSansFallback []byte

// Font returns the font, as a TrueType file, for [export.Report].Font and the
// page's Exports.Font.
//
// [export.Report]: https://pkg.go.dev/github.com/auditkeep/audit/export#Report
func Font() []byte { return slices.Clone(droidSansFallback) }
