package waybill;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;

/** FORMAT.md, "Signatures": what the JDK's Ed25519 does, and the checks that it leaves out. */
final class Ed25519 {
    static final int KEY_LENGTH = 32;
    static final int SIGNATURE_LENGTH = 64;

    private static final byte[] COSE_KEY_START = HexFormat.of().parseHex("a301012006215820");
    private static final byte[] X509_START = HexFormat.of().parseHex("302a300506032b6570032100");

    private static final BigInteger ONE = BigInteger.ONE;
    private static final BigInteger TWO = BigInteger.TWO;
    private static final BigInteger P = ONE.shiftLeft(255).subtract(BigInteger.valueOf(19));
    private static final BigInteger D =
            BigInteger.valueOf(-121665).multiply(BigInteger.valueOf(121666).modInverse(P)).mod(P);

    private Ed25519() {}

    /** FORMAT.md, "Conventions": the RFC 9679 thumbprint, by which keys are named. */
    static byte[] thumbprint(byte[] key) {
        return Hash.sha256(COSE_KEY_START, key);
    }

    /** Refuses a key that has a second spelling, as the JDK would, and one that fits many messages, which it would take. */
    static void requireFit(byte[] key) throws WaybillException {
        if (!isCanonical(key) || !isOnCurve(key)) {
            throw new WaybillException("key-encoding");
        }
        if (hasSmallOrder(key)) {
            throw new WaybillException("key-weak");
        }
    }

    /**
     * Whether the signature is that key's, which is fit. The JDK refuses an S that is not below L and a second spelling of
     * R, and knows no cofactor. That R is not of small order is left to see.
     */
    static boolean verifies(byte[] key, byte[] message, byte[] signature) {
        byte[] r = Arrays.copyOf(signature, KEY_LENGTH);
        return !hasSmallOrder(r) && jdkVerifies(key, message, signature);
    }

    private static boolean jdkVerifies(byte[] key, byte[] message, byte[] signature) {
        try {
            byte[] encoded = Arrays.copyOf(X509_START, X509_START.length + KEY_LENGTH);
            System.arraycopy(key, 0, encoded, X509_START.length, KEY_LENGTH);
            PublicKey publicKey = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));

            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(publicKey);
            verifier.update(message);
            return verifier.verify(signature);
        } catch (SignatureException e) {
            return false; // S is not below L, or R is not the encoding of a point
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK has no Ed25519, or refuses a key that is fit", e);
        }
    }

    /** y < p, and no sign where x = 0. */
    private static boolean isCanonical(byte[] point) {
        boolean sign = point[KEY_LENGTH - 1] < 0;
        boolean zeroX = square(y(point)).equals(ONE);
        return y(point).compareTo(P) < 0 && !(sign && zeroX);
    }

    /** Whether x² = (y² - 1) / (d·y² + 1) has a root. The quotient has one where the product has. */
    private static boolean isOnCurve(byte[] point) {
        BigInteger y2 = square(y(point));
        BigInteger product = y2.subtract(ONE).multiply(D.multiply(y2).add(ONE));
        return product.modPow(P.subtract(ONE).shiftRight(1), P).compareTo(ONE) <= 0;
    }

    /**
     * Points of order 1 and 2 have y = ±1, those of order 4 have y = 0. Those of order 8 are doubled to y = 0, so that
     * x² = -y², and the equation of the curve becomes d·y⁴ + 2·y² = 1.
     */
    private static boolean hasSmallOrder(byte[] point) {
        BigInteger y2 = square(y(point));
        boolean orderEight = D.multiply(y2).add(TWO).multiply(y2).mod(P).equals(ONE);
        return y2.equals(ONE) || y2.signum() == 0 || orderEight;
    }

    private static BigInteger square(BigInteger number) {
        return number.multiply(number).mod(P);
    }

    /** RFC 8032, section 5.1.2: little-endian, with the sign of x in the highest bit. */
    private static BigInteger y(byte[] point) {
        byte[] bigEndian = new byte[KEY_LENGTH];
        for (int i = 0; i < KEY_LENGTH; i++) {
            bigEndian[i] = point[KEY_LENGTH - 1 - i];
        }
        return new BigInteger(1, bigEndian).clearBit(255);
    }
}
