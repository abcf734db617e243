package waybill

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"math/big"
)

const (
	keyLength       = ed25519.PublicKeySize
	signatureLength = ed25519.SignatureSize
)

// A thumbprint names a key: FORMAT.md, "Conventions", and RFC 9679.
type thumbprint [sha256.Size]byte

func thumbprintOf(key []byte) thumbprint {
	return sha256.Sum256(append([]byte("\xa3\x01\x01\x20\x06\x21\x58\x20"), key...))
}

// String gives the first eight bytes, which people see.
func (t thumbprint) String() string {
	return fmt.Sprintf("%X-%X-%X-%X", t[0:2], t[2:4], t[4:6], t[6:8])
}

// checkKey refuses a key that has a second spelling, or that fits many messages: FORMAT.md, "Signatures". Go's own
// verification would take both.
func checkKey(key []byte) error {
	if !isCanonical(key) || !isOnCurve(key) {
		return Refusal("key-encoding")
	}
	if hasSmallOrder(key) {
		return Refusal("key-weak")
	}
	return nil
}

// verifySignature says whether the signature is that key's, which is fit. Go refuses an S that is not below L, compares
// R as bytes, and knows no cofactor. That R is not of small order is left to see.
func verifySignature(key, message, signature []byte) bool {
	return !hasSmallOrder(signature[:keyLength]) && ed25519.Verify(key, message, signature)
}

var (
	one = big.NewInt(1)
	two = big.NewInt(2)

	// The field's prime, 2^255 - 19, and the curve's d, -121665/121666.
	prime  = new(big.Int).Sub(new(big.Int).Lsh(one, 255), big.NewInt(19))
	curveD = modP(new(big.Int).Mul(big.NewInt(-121665), new(big.Int).ModInverse(big.NewInt(121666), prime)))
)

// isCanonical says whether y < p, and there is no sign where x = 0.
func isCanonical(point []byte) bool {
	sign := point[keyLength-1] >= 0x80
	zeroX := ySquared(point).Cmp(one) == 0
	return y(point).Cmp(prime) < 0 && !(sign && zeroX)
}

// isOnCurve says whether x² = (y² - 1) / (d·y² + 1) has a root. The quotient has one where the product has.
func isOnCurve(point []byte) bool {
	y2 := ySquared(point)
	numerator := new(big.Int).Sub(y2, one)
	denominator := new(big.Int).Mul(curveD, y2)
	denominator.Add(denominator, one)
	product := modP(numerator.Mul(numerator, denominator))
	return big.Jacobi(product, prime) >= 0
}

// hasSmallOrder says whether the point is one of eight, in any spelling. Points of order 1 and 2 have y = ±1, those of
// order 4 have y = 0. Those of order 8 are doubled to y = 0, so that x² = -y², and the equation of the curve becomes
// d·y⁴ + 2·y² = 1.
func hasSmallOrder(point []byte) bool {
	y2 := ySquared(point)
	orderEight := new(big.Int).Mul(curveD, y2)
	orderEight.Add(orderEight, two)
	orderEight = modP(orderEight.Mul(orderEight, y2))
	return y2.Cmp(one) == 0 || y2.Sign() == 0 || orderEight.Cmp(one) == 0
}

// y is RFC 8032, section 5.1.2: little-endian, with the sign of x in the highest bit.
func y(point []byte) *big.Int {
	bigEndian := make([]byte, keyLength)
	for i := range bigEndian {
		bigEndian[i] = point[keyLength-1-i]
	}
	bigEndian[0] &= 0x7f
	return new(big.Int).SetBytes(bigEndian)
}

func ySquared(point []byte) *big.Int {
	number := y(point)
	return modP(number.Mul(number, number))
}

func modP(number *big.Int) *big.Int {
	return number.Mod(number, prime)
}
