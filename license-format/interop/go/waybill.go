// Package waybill verifies Waybill files. It was written from license-format/spec/FORMAT.md alone, whose sections its
// files follow, and needs nothing but Go's standard library.
//
// ReadFile gives a file that is unverified. VerifyRequest, VerifySupportBundle, Pin and the methods of TrustState say
// whether to believe it. The package knows no clock and keeps nothing: whether a license is in force is its caller's
// question.
package waybill

// Refusal is the reason for which a file is refused: one of FORMAT.md, "Error codes". Every error of this package is one.
type Refusal string

func (r Refusal) Error() string { return string(r) }
