// Command conformance speaks the conformance protocol of test-vectors/README.md: three lines in, one line out.
package main

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"waybill"
)

func main() {
	in := bufio.NewReader(os.Stdin)
	for {
		kind, err := readLine(in)
		if errors.Is(err, io.EOF) {
			return
		}
		trusted := mustDecode(mustReadLine(in))
		brought := mustDecode(mustReadLine(in))
		fmt.Println(verdict(waybill.Kind(kind), trusted, brought))
	}
}

func verdict(kind waybill.Kind, trusted, brought []byte) string {
	file, err := waybill.ReadFile(brought)
	if err == nil {
		err = judge(kind, trusted, file)
	}
	if err != nil {
		return err.Error()
	}
	return "accept"
}

// judge is test-vectors/README.md, "An implementation does this".
func judge(kind waybill.Kind, trusted []byte, file *waybill.File) error {
	var err error
	switch kind {
	case waybill.ActivationRequest, waybill.RefreshRequest, waybill.DeactivationRequest:
		_, err = waybill.VerifyRequest(file)
	case waybill.SupportBundle:
		_, err = waybill.VerifySupportBundle(file, trusted)
	case waybill.License, waybill.DeactivationReceipt, waybill.RefusalAnswer:
		err = judgeAnswer(trusted, file)
	case waybill.TrustBundle, waybill.RevocationList, waybill.Checkpoint:
		err = judgeNews(kind, trusted, file)
	default:
		log.Fatalf("no kind of the protocol: %s", kind)
	}
	return err
}

func judgeAnswer(trusted []byte, file *waybill.File) error {
	state, err := pin(trusted)
	if err != nil {
		return err
	}
	_, _, err = state.VerifyAnswer(file)
	return err
}

// judgeNews takes the file as news, or pins it where nothing is trusted yet.
func judgeNews(kind waybill.Kind, trusted []byte, file *waybill.File) error {
	if trusted == nil {
		_, err := waybill.Pin(file)
		return err
	}
	state, err := pin(trusted)
	if err != nil {
		return err
	}
	if file.Document.Kind != kind {
		return waybill.Refusal("wrong-kind")
	}
	_, err = state.Take(file)
	return err
}

func pin(trusted []byte) (*waybill.TrustState, error) {
	file, err := waybill.ReadFile(trusted)
	if err != nil {
		return nil, err
	}
	return waybill.Pin(file)
}

// mustDecode gives the bytes that a line holds in base 64, nil for none.
func mustDecode(line string) []byte {
	if line == "-" {
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(line)
	if err != nil {
		log.Fatal(err)
	}
	return data
}

func mustReadLine(in *bufio.Reader) string {
	line, err := readLine(in)
	if err != nil {
		log.Fatal(err)
	}
	return line
}

func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadString('\n')
	return strings.TrimSuffix(line, "\n"), err
}
