//! Ed25519's edges, where verifiers disagree: S, R and keys that only the strict rule refuses, and keys that it takes.

use super::{good::*, world::*};
use crate::{
    Vector,
    kit::{
        File, Item, MixedKey, ORDER, Sign1, SmallOrder, header, list, order_added, second_spelling,
        signature_with_identity_r, signature_with_mixed_order_r, small_orders, thumbprint,
    },
};

pub(crate) fn vectors() -> Vec<Vector> {
    [values_of_s(), values_of_r(), r_of_small_order(), mixed_keys(), unfit_keys(), unfit_keys_in_bundles()]
        .concat()
}

fn signed_with(name: &str, expect: &str, comment: &str, signature: [u8; 64]) -> Vector {
    let spoiled = Sign1 { signature: signature.to_vec(), ..license_document() };
    document("license", &format!("signature-{name}"), expect, comment, &spoiled)
}

fn values_of_s() -> Vec<Vector> {
    let good = issuing().sign(&license_document().to_be_signed());
    let refused = |name: &str, comment: &str, signature| signed_with(name, "signature", comment, signature);
    let with_s = |s: [u8; 32]| {
        let mut signature = good;
        signature[32..].copy_from_slice(&s);
        signature
    };
    let with_bit = |bit: u8| {
        let mut signature = good;
        signature[63] |= 1 << bit;
        signature
    };
    let mut after_order = ORDER;
    after_order[0] += 1;
    vec![
        refused(
            "s-plus-order",
            "The group's order is added to S: a second signature of the same message, made by whoever has the first.",
            order_added(good, 1),
        ),
        refused(
            "s-plus-eight-orders",
            "Eight times the group's order is added to S, which still leads to the same point.",
            order_added(good, 8),
        ),
        refused("s-is-order", "S is the group's order, the smallest value that is too large.", with_s(ORDER)),
        refused("s-is-order-plus-one", "S is the group's order plus one.", with_s(after_order)),
        refused("s-all-ones", "All bits of S are set.", with_s([0xff; 32])),
        refused("s-bit-253", "Bit 253 of S is set, which some verifiers clear.", with_bit(5)),
        refused("s-bit-254", "Bit 254 of S is set, which some verifiers clear.", with_bit(6)),
        refused("s-bit-255", "Bit 255 of S is set, which some verifiers clear.", with_bit(7)),
    ]
}

fn values_of_r() -> Vec<Vector> {
    let message = license_document().to_be_signed();
    let good = issuing().sign(&message);
    let refused = |name: &str, comment: &str, signature| signed_with(name, "signature", comment, signature);
    let with_r = |r: [u8; 32]| {
        let mut signature = good;
        signature[..32].copy_from_slice(&r);
        signature
    };
    let mut no_point = [0; 32];
    no_point[0] = 2;
    vec![
        refused(
            "small-order-r",
            "R is a point of small order, and the plain equation holds: only the strict rule of Ed25519 refuses it.",
            signature_with_identity_r(&issuing(), &message),
        ),
        refused(
            "mixed-order-r",
            "R has a part of small order: verifiers that multiply by the cofactor take it, and others do not.",
            signature_with_mixed_order_r(&issuing(), &message),
        ),
        refused("r-no-point", "R is no point of the curve.", with_r(no_point)),
        refused(
            "r-unreduced",
            "R is a point of large order whose y is not reduced.",
            with_r(second_spelling(3)),
        ),
    ]
}

/// R is of small order, in each spelling, and S·B = R + k·A holds: the key is such that it can, and the license is searched for which
/// it does.
fn r_of_small_order() -> Vec<Vector> {
    let key = MixedKey::test_only("issuing 1");
    let case = |r: SmallOrder| {
        let (document, signature) = (0..)
            .find_map(|attempt| {
                let payload = license().with(&["id"], first_16(&format!("license {} {attempt}", r.name)));
                let document = with_header_of(&key, &payload);
                let signature = key.sign_with(&r, &document.to_be_signed())?;
                Some((document, signature))
            })
            .expect("one license in eight");
        let document = Sign1 { signature: signature.to_vec(), ..document };
        let comment =
            format!("R is {}, and the equation holds under a key with a part of small order.", described(&r));
        under_mixed_key(&format!("r-{}", r.name), "signature", &comment, &document)
    };
    small_orders().into_iter().map(case).collect()
}

/// Keys with a part of small order beside their large one are taken as they are, and the equation without the cofactor decides.
fn mixed_keys() -> Vec<Vector> {
    let key = MixedKey::test_only("issuing 1");
    let unsigned = with_header_of(&key, &license());
    let message = unsigned.to_be_signed();
    let license_by = |name: &str, expect: &str, comment: &str, signature: [u8; 64]| {
        let document = Sign1 { signature: signature.to_vec(), ..unsigned.clone() };
        under_mixed_key(name, expect, comment, &document)
    };
    let request_by = |name: &str, expect: &str, comment: &str, for_cofactor: bool| {
        let key = MixedKey::test_only("installation 1");
        let payload = activation_request().with(&["installation", "public-key"], key.public());
        let mut request = Sign1::with_header(
            &installation(),
            header(key.thumbprint(), "activation-request"),
            payload.encode(),
        );
        let message = request.to_be_signed();
        let signature = if for_cofactor { key.sign_for_cofactor(&message) } else { key.sign(&message) };
        request.signature = signature.to_vec();
        let vector = document("activation-request", &format!("request-{name}"), expect, comment, &request);
        Vector { installation: Some(key.thumbprint()), ..vector }
    };
    vec![
        license_by(
            "mixed-order-key",
            "accept",
            "The key has a part of small order, and the equation holds as it stands.",
            key.sign(&message),
        ),
        license_by(
            "mixed-order-key-cofactor",
            "signature",
            "The key has a part of small order, and the equation holds only with the cofactor.",
            key.sign_for_cofactor(&message),
        ),
        request_by(
            "mixed-order-key",
            "accept",
            "The request's key has a part of small order, and the equation holds as it stands.",
            false,
        ),
        request_by(
            "mixed-order-key-cofactor",
            "signature",
            "The request's key has a part of small order, and the equation holds only with the cofactor.",
            true,
        ),
    ]
}

/// Keys that are of small order, or not in their one spelling. The signature is one that lax verifiers take.
fn unfit_keys() -> Vec<Vector> {
    let kind = "activation-request";
    let case = |name: &str, code: &str, comment: &str, public: [u8; 32], signer: &SmallOrder| {
        let kid = thumbprint(public);
        let payload = activation_request().with(&["installation", "public-key"], public);
        let mut request = Sign1::with_header(&installation(), header(kid, kind), payload.encode());
        request.signature = signer.sign(&request.to_be_signed()).to_vec();
        let vector = document(kind, &format!("request-{name}"), code, comment, &request);
        Vector { installation: Some(kid), ..vector }
    };
    let all = small_orders();
    let identity = all[0];
    let mut no_point = [0; 32];
    no_point[0] = 2;
    let mut vectors = vec![
        case(
            "key-second-spelling",
            "key-encoding",
            "The request carries a key whose y is not reduced: it is another spelling of y = 3.",
            second_spelling(3),
            &identity,
        ),
        case(
            "key-no-point",
            "key-encoding",
            "The request carries a key that is no point of the curve.",
            no_point,
            &identity,
        ),
    ];
    vectors.extend(all.iter().map(|small| {
        // Names stay, and three of these are older than the others.
        let (name, comment) = match small.name {
            "order-1" => (
                "weak-key".to_owned(),
                "The request carries the identity as its key: one signature fits every message.".to_owned(),
            ),
            "order-1-signed" => (
                "key-negative-zero".to_owned(),
                "The request carries the identity with the sign of x set, although x is zero.".to_owned(),
            ),
            _ if small.encoding[..2] == [0x26, 0xe8] && small.encoding[31] == 0x05 => {
                ("key-of-order-eight".to_owned(), "The request carries a key of order 8.".to_owned())
            }
            name => (format!("key-{name}"), format!("The request's key is {}.", described(small))),
        };
        let code = if small.oddity.is_some() { "key-encoding" } else { "key-weak" };
        case(&name, code, &comment, small.encoding, small)
    }));
    vectors
}

/// Every key of a bundle must be fit, whether it is used or not.
fn unfit_keys_in_bundles() -> Vec<Vector> {
    let case = |name: &str, code: &str, comment: &str, path: &[&str], key: [u8; 32]| {
        let bundle = bundle_document(&trust_bundle().with(path, key));
        document("trust-bundle", &format!("trust-{name}"), code, comment, &bundle)
    };
    let root: &[&str] = &["roots", "0"];
    let issuing: &[&str] = &["keys", "0", "public-key"];
    let identity = small_orders()[0].encoding;
    vec![
        case(
            "weak-root",
            "key-weak",
            "The root key is the identity, under which one signature fits every message.",
            root,
            identity,
        ),
        case("weak-issuing-key", "key-weak", "An issuing key is the identity.", issuing, identity),
        {
            // Enough other root keys signed, so only the key itself is at fault.
            let roots = list([self::root(1).public(), second_spelling(3)]);
            let bundle = bundle_document(&trust_bundle().with(&["roots"], roots));
            let comment = "The second root key, which did not sign, is written with a y that is not reduced.";
            document("trust-bundle", "trust-root-second-spelling", "key-encoding", comment, &bundle)
        },
        case(
            "issuing-key-second-spelling",
            "key-encoding",
            "An issuing key is written with a y that is not reduced.",
            issuing,
            second_spelling(3),
        ),
    ]
}

/// A license whose header names this key; its signature is still to come.
fn with_header_of(key: &MixedKey, payload: &Item) -> Sign1 {
    Sign1::with_header(&issuing(), header(key.thumbprint(), "license"), payload.encode())
}

/// A vector that brings a license where the issuing key of the trust file is one with a part of small order.
fn under_mixed_key(name: &str, expect: &str, comment: &str, license: &Sign1) -> Vector {
    let key = MixedKey::test_only("issuing 1");
    let bundle = trust_bundle().with(&["keys", "0", "public-key"], key.public());
    let vector = document("license", &format!("signature-{name}"), expect, comment, license);
    Vector { trust: File::of(&bundle_document(&bundle)).encode(), ..vector }
}

fn described(small: &SmallOrder) -> String {
    let [first, second, .., last] = small.encoding;
    let oddity = small.oddity.map(|oddity| format!(", where {oddity}")).unwrap_or_default();
    format!("a point of order {}, written {first:02x}{second:02x}…{last:02x}{oddity}", small.order)
}
