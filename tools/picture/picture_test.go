package main

import (
	"os"
	"testing"
)

func TestPictureIsDrawnFromItsText(t *testing.T) {
	text, err := os.ReadFile("../../docs/images/architecture.txt")
	if err != nil {
		t.Fatal(err)
	}
	picture, err := os.ReadFile("../../docs/images/architecture.svg")
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := draw(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if drawn != string(picture) {
		t.Fatal("docs/images/architecture.svg is not what its text says: run make picture")
	}
}

func TestLinesWithoutSevenFieldsAreRefused(t *testing.T) {
	for _, line := range []string{"audit | 1 | 0 | 12", "audit | one | 0 | 12 | | | Log"} {
		if _, err := parse(line); err == nil {
			t.Errorf("%q is taken", line)
		}
	}
}
