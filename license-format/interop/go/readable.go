package waybill

import (
	"fmt"
	"strings"
	"time"
)

// readableLines is FORMAT.md, "Armour": the lines that a payload makes for people.
func readableLines(kind Kind, payload Fields) []string {
	switch kind {
	case ActivationRequest:
		first := fmt.Sprintf("Activation request: %s, license key ending in %s",
			typeOf(payload), payload.Map("license-key").Text("last-group"))
		return []string{first, siteLine(payload), serverLine(payload), madeLine(payload)}
	case RefreshRequest:
		first := fmt.Sprintf("Refresh request: %s", typeOf(payload))
		return append(append([]string{first, siteLine(payload), serverLine(payload)},
			usageLines(payload)...), madeLine(payload))
	case DeactivationRequest:
		first := fmt.Sprintf("Deactivation request: %s, the site has stopped using its license", typeOf(payload))
		return append(append([]string{first, siteLine(payload), serverLine(payload)},
			usageLines(payload)...), madeLine(payload))
	case License:
		return licenseLines(payload)
	case DeactivationReceipt:
		return []string{
			fmt.Sprintf("Deactivation receipt: %s, the license key is free again", typeOf(payload)),
			siteLine(payload),
			fmt.Sprintf("Issued: %s by %s", date(payload, "issued"), payload.Text("vendor")),
			answersLine(payload),
		}
	case RefusalAnswer:
		return refusalLines(payload)
	case TrustBundle:
		return trustBundleLines(payload)
	case RevocationList:
		return []string{
			fmt.Sprintf("Revocation list: %s, number %d, %s",
				payload.Text("vendor"), payload.Number("number"), date(payload, "issued")),
			fmt.Sprintf("Revoked: %s, %s",
				counted(len(payload.list("licenses")), "license"), counted(len(payload.list("keys")), "key")),
		}
	case Checkpoint:
		return []string{
			fmt.Sprintf("Checkpoint: %s, %s", payload.Text("origin"), minute(payload, "issued")),
			fmt.Sprintf("Log: size %d, root %x", payload.Number("size"), payload.Bytes("root")),
		}
	default: // SupportBundle
		first := fmt.Sprintf("Support bundle: %s, made %s", payload.Text("program"), minute(payload.Map("clock"), "now"))
		return []string{first, siteLine(payload)}
	}
}

func licenseLines(license Fields) []string {
	grants := license.Maps("grants")
	var seats []string
	trial := ""
	first, last := grants[0], grants[0] // those with the earliest start and the latest end
	for _, grant := range grants {
		seats = append(seats, counted(grant.Number("seats"), noun(grant)))
		if grant.Flag("trial") {
			trial = ", trial"
		}
		if grant.Number("contract-start") < first.Number("contract-start") {
			first = grant
		}
		if grant.Number("contract-end") > last.Number("contract-end") {
			last = grant
		}
	}

	lines := []string{
		fmt.Sprintf("License: %s, %s, %s%s", license.Text("product"), typeOf(license), strings.Join(seats, " and "), trial),
		siteLine(license),
		fmt.Sprintf("Contract: %s to %s", date(first, "contract-start"), date(last, "contract-end")),
		fmt.Sprintf("File good until: %s", date(license, "good-until")),
		fmt.Sprintf("Report due by: %s", date(license, "report-due")),
	}
	if license.Has("time-reset") {
		lines = append(lines, fmt.Sprintf("Time reset: to %s", minute(license, "time-reset")))
	}
	return append(lines, answersLine(license))
}

func refusalLines(refusal Fields) []string {
	again := "the same file may be brought again"
	if refusal.Flag("final") {
		again = "this request is answered for good"
	}
	lines := []string{
		fmt.Sprintf("Refused: %s (%s), %s", typeOf(refusal), refusal.Text("code"), again),
		fmt.Sprintf("Reason: %s", refusal.Text("says")),
		fmt.Sprintf("Next step: %s", refusal.Text("next-step")),
	}
	if refusal.Has("until") {
		lines = append(lines, fmt.Sprintf("Changes by itself: %s", date(refusal, "until")))
	}
	return append(lines, fmt.Sprintf("Installation: %s", refusal.thumbprint("installation")), answersLine(refusal))
}

func trustBundleLines(bundle Fields) []string {
	roots := bundle.ByteStrings("roots")
	lines := []string{fmt.Sprintf("Trust bundle: %s, number %d, %d of %s",
		bundle.Text("vendor"), bundle.Number("number"), bundle.Number("threshold"), counted(len(roots), "root key"))}
	for _, root := range roots {
		lines = append(lines, fmt.Sprintf("Root key: %s", thumbprintOf(root)))
	}
	for _, key := range bundle.Maps("keys") {
		distrusted := ""
		if key.Has("distrusted-since") {
			distrusted = ", distrusted since " + date(key, "distrusted-since")
		}
		lines = append(lines, fmt.Sprintf("Key: %s, %s to %s%s, signs %s", thumbprintOf(key.Bytes("public-key")),
			date(key, "from"), date(key, "until"), distrusted, strings.Join(key.Texts("signs"), " ")))
	}
	return lines
}

// The lines and parts that several kinds have.

func siteLine(payload Fields) string {
	installation := payload.Map("installation")
	description := ""
	if installation.Has("site-description") {
		description = " (" + installation.Text("site-description") + ")"
	}
	return fmt.Sprintf("Site: %s%s, installation %s",
		installation.Text("site-code"), description, installationOf(installation))
}

func installationOf(installation Fields) thumbprint {
	if installation.Has("thumbprint") {
		return installation.thumbprint("thumbprint")
	}
	return thumbprintOf(installation.Bytes("public-key"))
}

func serverLine(payload Fields) string {
	installation := payload.Map("installation")
	return fmt.Sprintf("Server: %s, %s %s",
		installation.Text("name"), installation.Text("product"), installation.Text("version"))
}

func usageLines(payload Fields) []string {
	var lines []string
	for _, line := range payload.Maps("usage") {
		lines = append(lines, fmt.Sprintf("Usage: %s, at most %d from %s to %s",
			counted(line.Number("used"), noun(line)), line.Number("peak"), date(line, "from"), date(line, "until")))
	}
	return lines
}

func madeLine(payload Fields) string {
	return fmt.Sprintf("Request: number %d, made %s",
		payload.Map("chain").Number("counter"), minute(payload.Map("clock"), "now"))
}

func answersLine(payload Fields) string {
	return fmt.Sprintf("Answers: request number %d, %x", payload.Number("counter"), payload.Bytes("answers")[:4])
}

func typeOf(payload Fields) string {
	licenseType := payload.Text("license-type")
	return strings.ToUpper(licenseType[:1]) + licenseType[1:]
}

func noun(counted Fields) string {
	return strings.ReplaceAll(counted.Text("metric"), "-", " ")
}

func counted[N int | int64](number N, noun string) string {
	if number == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", number, noun)
}

func date(f Fields, name string) string {
	return time.Unix(f.Number(name), 0).UTC().Format("2006-01-02")
}

func minute(f Fields, name string) string {
	return time.Unix(f.Number(name), 0).UTC().Format("2006-01-02 15:04 UTC")
}
