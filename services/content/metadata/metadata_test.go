package metadata

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
)

// exif is a block as a phone writes it: camera, orientation, place.
func exif(orientation uint16) []byte {
	b := []byte("II*\x00\x08\x00\x00\x00")
	le := binary.LittleEndian
	tags := []struct {
		tag, kind uint16
		count, v  uint32
	}{
		{tagMake, 2, 12, 8 + 2 + 4*12 + 4},
		{tagOrientation, 3, 1, uint32(orientation)},
		{tagArtist, 2, 12, 8 + 2 + 4*12 + 4},
		{tagGPSIFD, 4, 1, 8},
	}
	b = le.AppendUint16(b, uint16(len(tags)))
	for _, t := range tags {
		b = le.AppendUint16(b, t.tag)
		b = le.AppendUint16(b, t.kind)
		b = le.AppendUint32(b, t.count)
		b = le.AppendUint32(b, t.v)
	}
	b = le.AppendUint32(b, 0)
	return append(b, "SECRETMAKER\x00"...)
}

func picture() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 9, 7))
	for i := range m.Pix {
		m.Pix[i] = byte(i * 7)
	}
	return m
}

func segment(mark byte, body string) []byte {
	out := []byte{0xFF, mark}
	out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
	return append(out, body...)
}

func sampleJPEG(t testing.TB, orientation uint16) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, picture(), nil); err != nil {
		t.Fatal(err)
	}
	plain := buf.Bytes()
	out := slices.Concat(plain[:2],
		segment(markAPP1, "Exif\x00\x00"+string(exif(orientation))),
		segment(markAPP1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>SECRETXMP</x:xmpmeta>"),
		segment(markAPP2, "ICC_PROFILE\x00\x01\x01profile"), segment(markAPP2, "MPF\x00SECRETMPF"),
		segment(markAPPD, "Photoshop 3.0\x00SECRETIPTC"), segment(markCOM, "SECRETCOMMENT"), plain[2:])
	return append(out, "SECRETFILM after the end"...)
}

func samplePNG(t testing.TB) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, picture()); err != nil {
		t.Fatal(err)
	}
	plain := buf.Bytes()
	header := len(pngMagic) + 25
	out := slices.Concat(plain[:header], pngChunk("tEXt", []byte("Author\x00SECRETNAME")), pngChunk("eXIf", exif(6)),
		pngChunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00SECRETXMP")), plain[header:])
	return append(out, "SECRET after the end"...)
}

func sampleWebP() []byte {
	out := []byte("RIFF\x00\x00\x00\x00WEBP")
	out = appendRIFF(out, "VP8X", []byte{webpExif | webpXMP | 0x10, 0, 0, 0, 8, 0, 0, 6, 0, 0})
	out = appendRIFF(out, "VP8L", []byte("pixels!"))
	out = appendRIFF(out, "EXIF", exif(8))
	out = appendRIFF(out, "XMP ", []byte("SECRETXMP"))
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

func isoBox(kind string, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)+8))
	return append(append(out, kind...), body...)
}

func sampleHEIC() []byte {
	item := append([]byte("\x00\x00\x00\x00"), exif(1)...)
	infe := func(id byte, kind string) []byte {
		return isoBox("infe", []byte{2, 0, 0, 0, 0, id, 0, 0}, []byte(kind), []byte{0})
	}
	build := func(at uint32) []byte {
		loc := []byte{0, 0, 0, 0, 0x44, 0x00, 0, 2}
		for i, size := range []int{6, len(item)} {
			loc = append(loc, 0, byte(i+1), 0, 0, 0, 1)
			loc = binary.BigEndian.AppendUint32(loc, at+uint32(i)*6)
			loc = binary.BigEndian.AppendUint32(loc, uint32(size))
		}
		return slices.Concat(isoBox("ftyp", []byte("heic\x00\x00\x00\x00mif1heic")),
			isoBox("meta", []byte{0, 0, 0, 0}, isoBox("iinf", []byte{0, 0, 0, 0, 0, 2}, infe(1, "hvc1"), infe(2, "Exif")), isoBox("iloc", loc)),
			isoBox("mdat", []byte("pixels"), item))
	}
	whole := build(0)
	return build(uint32(len(whole) - len(item) - 6))
}

func TestPicturesComeOutWithoutTheirMakersSecrets(t *testing.T) {
	for name, tt := range map[string]struct {
		data []byte
		want []string
	}{
		"jpeg": {sampleJPEG(t, 6), []string{Place, Camera, Author, XMP, IPTC, Comment, Preview}},
		"png":  {samplePNG(t), []string{Place, Camera, Author, XMP}},
		"webp": {sampleWebP(), []string{Place, Camera, Author, XMP}},
		"heic": {sampleHEIC(), []string{Place, Camera, Author}},
	} {
		clean, fields, err := Strip(tt.data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if bytes.Contains(clean, []byte("SECRET")) {
			t.Errorf("%s: still in it: %q", name, clean)
		}
		for _, f := range tt.want {
			if !slices.Contains(fields, f) {
				t.Errorf("%s: %s is not named in %v", name, f, fields)
			}
		}
		again, left, err := Strip(clean)
		if err != nil || !bytes.Equal(again, clean) {
			t.Errorf("%s: not stable: %v", name, err)
		}
		if len(left) > 0 {
			t.Errorf("%s: after cleaning: %v", name, left)
		}
	}
}

func TestCleanedPicturesStillShowTheSamePixels(t *testing.T) {
	for _, data := range [][]byte{sampleJPEG(t, 3), samplePNG(t)} {
		clean, _, err := Strip(data)
		if err != nil {
			t.Fatal(err)
		}
		before, _, err := image.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		after, kind, err := image.Decode(bytes.NewReader(clean))
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		for y := range 7 {
			for x := range 9 {
				if before.At(x, y) != after.At(x, y) {
					t.Fatalf("%s: another pixel at %d,%d", kind, x, y)
				}
			}
		}
	}
}

func TestPicturesStayTurnedAsTheyWere(t *testing.T) {
	for name, data := range map[string][]byte{"jpeg": sampleJPEG(t, 6), "png": samplePNG(t), "webp": sampleWebP()} {
		clean, _, err := Strip(data)
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(clean, []byte("MM\x00*"))
		if at < 0 {
			t.Errorf("%s: no orientation left", name)
			continue
		}
		want := uint16(6)
		if name == "webp" {
			want = 8
		}
		if got := readExif(clean[at:], new(finds)); got != want {
			t.Errorf("%s: orientation %d, want %d", name, got, want)
		}
	}
	straight, _, err := Strip(sampleJPEG(t, 1))
	if err != nil || bytes.Contains(straight, []byte("Exif")) {
		t.Errorf("a picture that is not turned keeps an Exif block (%v)", err)
	}
	if !bytes.Contains(straight, []byte("ICC_PROFILE\x00\x01\x01profile")) {
		t.Error("the colour profile is gone")
	}
}

func pack(t testing.TB, files ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestDocumentsAreWarnedOfByFieldNeverByValue(t *testing.T) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write([]byte("1 0 << /Author (SECRET) >>"))
	_ = z.Close()
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"docx":       {pack(t, "docProps/core.xml", "<dc:creator>SECRET</dc:creator><cp:lastModifiedBy>SECRET</cp:lastModifiedBy>"), "LastModifiedBy creator"},
		"empty docx": {pack(t, "docProps/core.xml", "<dc:creator></dc:creator><cp:lastModifiedBy/>"), ""},
		"comments":   {pack(t, "word/comments.xml", `<w:comment w:author="SECRET">`), "author of comments or changes"},
		"media":      {pack(t, "word/media/image1.jpeg", string(sampleJPEG(t, 1))), Place},
		"odt":        {pack(t, "meta.xml", "<meta:initial-creator>SECRET</meta:initial-creator>"), "initial-creator"},
		"pdf":        {[]byte("%PDF-1.4\n1 0 obj << /Author (SECRET) /Title () >>"), "Author"},
		"no author":  {[]byte("%PDF-1.4\n1 0 obj << /Author () >>"), ""},
		"packed pdf": {[]byte("%PDF-1.5\n7 0 obj << /Type /ObjStm >> stream\n" + packed.String() + "\nendstream"), "Author"},
		"film":       {[]byte("\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00....moov....\xa9xyz+52.5+013.4/"), Place},
		"song":       {[]byte("ID3\x03\x00\x00\x00\x00\x00\x20TENC\x00\x00\x00\x06\x00\x00\x00SECRET"), "TENC"},
		"plain song": {[]byte("ID3\x03\x00\x00\x00\x00\x00\x20TIT2\x00\x00\x00\x06\x00\x00\x00SECRET"), ""},
		"gif":        {[]byte("GIF89a....!\xff\x0bXMP DataXMPSECRET"), XMP},
		"page":       {[]byte(`<html><meta name="author" content="SECRET">`), "author"},
		"text":       {[]byte("the author = 'me'"), ""},
	} {
		got := strings.Join(Find(tt.data), " ")
		if !strings.Contains(got, tt.want) || tt.want == "" && got != "" || strings.Contains(got, "SECRET") {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func FuzzStrip(f *testing.F) {
	for _, data := range [][]byte{sampleJPEG(f, 6), samplePNG(f), sampleWebP(), sampleHEIC()} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		clean, _, err := Strip(data)
		if err != nil {
			return
		}
		if len(clean) > len(data)+100 {
			t.Fatalf("%d bytes became %d", len(data), len(clean))
		}
		if again, _, err := Strip(clean); err != nil || !bytes.Equal(again, clean) {
			t.Fatalf("cleaned twice is not cleaned once: %v", err)
		}
	})
}

func FuzzFind(f *testing.F) {
	f.Add(pack(f, "docProps/core.xml", "<dc:creator>x</dc:creator>"))
	f.Add([]byte("%PDF-1.5\n7 0 obj << /Type /ObjStm >> stream\nx"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, field := range Find(data) {
			if field == "" {
				t.Fatal("a field without a name")
			}
		}
	})
}
