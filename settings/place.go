package settings

import "strings"

// Place gives problems that have a key and no line the place where the key is
// written, or else where its table begins. What is not in the text stays without.
func Place(data []byte, problems []Problem) {
	at := keys(data)
	for i, p := range problems {
		if p.Line > 0 {
			continue
		}
		for key := p.Key; key != ""; key, _ = cutLast(key) {
			if found, ok := at[key]; ok {
				problems[i].Line, problems[i].Column = found[0], found[1]
				break
			}
		}
	}
}

// cutLast takes the last part off a key.
func cutLast(key string) (table, name string) {
	i := strings.LastIndex(key, ".")
	return key[:max(i, 0)], key[i+1:]
}

// keys are the line and the column, in characters, at which each setting and
// each table is written first.
func keys(data []byte) map[string][2]int {
	at := make(map[string][2]int)
	note := func(key string, n int, line, name string) {
		if _, twice := at[key]; key != "" && !twice {
			at[key] = [2]int{n + 1, characters(line, strings.Index(line, name)+1)}
		}
	}
	table := ""
	for n, line := range strings.Split(string(data), "\n") {
		code := strings.TrimSpace(beforeRemark(line))
		if strings.HasPrefix(code, "[") && !strings.Contains(code, "=") {
			table = strings.Trim(code, "[] ")
			note(table, n, line, table)
			continue
		}
		name, _, ok := strings.Cut(code, "=")
		name = strings.Trim(strings.TrimSpace(name), `"'`)
		if !ok || name == "" || strings.ContainsAny(name, "[]{}") {
			continue
		}
		key := name
		if table != "" {
			key = table + "." + name
		}
		note(key, n, line, name)
	}
	return at
}
