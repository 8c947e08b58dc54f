// Verifies certificate chains with Go's own library, for a server and for a client:
//
//	go run verify.go ROOTS CHAIN...
//
// Writes one line for each chain: "valid", or why it is not.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func main() {
	roots := poolOf(read(os.Args[1]))
	for _, file := range os.Args[2:] {
		fmt.Println(verdict(read(file), roots))
	}
}

func verdict(chain []*x509.Certificate, roots *x509.CertPool) string {
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		_, err := chain[0].Verify(x509.VerifyOptions{
			Roots:         roots,
			Intermediates: poolOf(chain[1:]),
			KeyUsages:     []x509.ExtKeyUsage{usage},
		})
		if err != nil {
			return err.Error()
		}
	}
	return "valid"
}

func poolOf(certificates []*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, certificate := range certificates {
		pool.AddCert(certificate)
	}
	return pool
}

func read(file string) (certificates []*x509.Certificate) {
	text, err := os.ReadFile(file)
	for err == nil {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return certificates
		}
		var certificate *x509.Certificate
		certificate, err = x509.ParseCertificate(block.Bytes)
		certificates = append(certificates, certificate)
	}
	panic(err)
}
