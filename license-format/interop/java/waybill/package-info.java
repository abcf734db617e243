/**
 * Verifies Waybill files. It was written from license-format/spec/FORMAT.md alone, whose sections its classes follow, and
 * needs nothing but Java 17.
 *
 * <p>{@link waybill.WaybillFile#read} gives a file that is unverified; {@link waybill.Request} and
 * {@link waybill.TrustState} say whether to believe it. The package knows no clock and keeps nothing: whether a license is
 * in force is its caller's question.
 */
package waybill;
