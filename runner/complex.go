// This file multiplies and divides complex numbers with every product rounded: on some machines Go fuses a product into a
// sum, and answers must not depend on the machine.

package runner

import "math"

// ComplexProduct is a * b.
func ComplexProduct(a, b complex128) complex128 {
	ar, ai, br, bi := real(a), imag(a), real(b), imag(b)
	return complex(float64(ar*br)-float64(ai*bi), float64(ar*bi)+float64(ai*br))
}

// ComplexQuotient is a / b, by the method that Go uses (R. L. Smith, Algorithm 116, CACM 5(8), 1962): the divisor's
// smaller part is divided by the greater one, so that no square overflows. Infinities, NaNs and a divisor of zero, which
// have no roundings, are Go's affair.
func ComplexQuotient(a, b complex128) complex128 {
	ar, ai, br, bi := real(a), imag(a), real(b), imag(b)
	var re, im float64
	if math.Abs(br) >= math.Abs(bi) {
		ratio := bi / br
		denominator := br + float64(ratio*bi)
		re = (ar + float64(ai*ratio)) / denominator
		im = (ai - float64(ar*ratio)) / denominator
	} else {
		ratio := br / bi
		denominator := bi + float64(ratio*br)
		re = (float64(ar*ratio) + ai) / denominator
		im = (float64(ai*ratio) - ar) / denominator
	}
	if re != re && im != im {
		return a / b
	}
	return complex(re, im)
}
