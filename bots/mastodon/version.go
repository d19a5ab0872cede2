package mastodon

import "regexp"

// plainVersion is what Mastodon and its close forks call themselves:
// "4.5.0", "4.4.2+glitch", "4.6.0-nightly.2026-01-02".
var plainVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+([-+.][A-Za-z0-9.+-]*)?$`)

// gitVersion is GoToSocial's: "0.20.1+git-2ec7b1b".
var gitVersion = regexp.MustCompile(`^0\.|\+git-`)

// pleroma matches Pleroma and its fork: "2.7.2 (compatible; Akkoma 3.15.2)".
var pleroma = regexp.MustCompile(`compatible; (?:Pleroma|Akkoma) `)

// takesPlainText reports whether the software is known to post a text as it is
// typed when it is asked to, or always does.
func takesPlainText(version string) bool {
	return isMastodon(version) || gitVersion.MatchString(version) || pleroma.MatchString(version)
}

// isMastodon reports whether the software counts like Mastodon; others say
// "2.7.2 (compatible; Pleroma 2.9.1)" or their own small numbers.
func isMastodon(version string) bool {
	return plainVersion.MatchString(version) && !gitVersion.MatchString(version)
}
