package content

import (
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

func TestUnmarkedNamesAreReadAsTheirWritersMeantThem(t *testing.T) {
	for _, tt := range []struct {
		in   encoding.Encoding
		text string
	}{
		{charmap.CodePage437, "Seite/Über uns.html Seite/Straße.jpg"},
		{charmap.CodePage437, "café.html"},
		{charmap.CodePage437, "año nuevo.jpg"},
		{charmap.CodePage850, "São João.html"},
		{charmap.CodePage850, "Smørrebrød.jpg"},
		{charmap.CodePage866, "Привет.html"},
		{charmap.CodePage866, "фото/Москва 2024.jpg"},
		{charmap.Windows1251, "Документы/отчёт.pdf"},
		{charmap.Windows1252, "Übersicht für alle.html"},
		{japanese.ShiftJIS, "日本語.html"},
		{japanese.ShiftJIS, "写真/テスト.jpg"},
		{japanese.ShiftJIS, "ようこそ.html"},
		{simplifiedchinese.GBK, "中文.html"},
		{simplifiedchinese.GBK, "新建文件夹/照片.jpg"},
		{korean.EUCKR, "안녕하세요.html"},
		{traditionalchinese.Big5, "繁體中文網頁.html"},
	} {
		raw, err := tt.in.NewEncoder().String(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := decode(guess(nameCandidates(), raw), raw); got != tt.text {
			t.Errorf("%s in %v was read as %s", tt.text, tt.in, got)
		}
	}
}
