// This file holds the twins of functions of package regexp: what they cost is known when the expression is compiled.

package runner

import "regexp"

// RegexpMatchString is regexp.MatchString.
func RegexpMatchString(t *Thread, pattern, s string) (bool, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return false, err
	}
	t.payMatch(re, len(s))
	return re.MatchString(s), nil
}

// RegexpMatch is regexp.Match.
func RegexpMatch(t *Thread, pattern string, b []byte) (bool, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return false, err
	}
	t.payMatch(re, len(b))
	return re.Match(b), nil
}

// payMatch pays for a search: for each byte of the text every instruction of the expression may be looked at.
func (t *Thread) payMatch(re *regexp.Regexp, bytes int) {
	t.Spend(Sum(Product(int64(bytes), Size(t, re))/64, int64(bytes)/2))
}
