"""CBOR items, by the rules of FORMAT.md, "CBOR profile". Knows nothing of what the items mean."""

MAX_LEVELS = 8
MAX_ITEMS = 10_000
MAX_INTEGER = 2**53 - 1

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, OTHER = range(8)
FALSE, TRUE = 20, 21


class Refused(Exception):
    """A refusal; its code stands in FORMAT.md's table."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def require(condition, code):
    if not condition:
        raise Refused(code)


def decode(data):
    """The value of bytes that are exactly one item of the profile."""
    reader = Reader(data)
    value = reader.item()
    require(reader.at == len(data), "cbor-trailing")
    return value


class Reader:
    """Reads from the first byte to the last, so that the first rule that is broken gives the code."""

    def __init__(self, data, at=0):
        self.data = data
        self.at = at
        self.items = 0

    def left(self):
        return len(self.data) - self.at

    def take(self, length):
        require(length <= self.left(), "cbor-truncated")
        self.at += length
        return self.data[self.at - length : self.at]

    def head(self):
        """The major type and the argument of the next item; its contents, if it has any, are not read."""
        initial = self.take(1)[0]
        major, info = initial >> 5, initial & 31
        if info < 24:
            return major, info
        require(info != 31, "cbor-indefinite")  # a break too, which ends such a length
        require(info < 28, "cbor-reserved")
        require(major != OTHER, "cbor-simple" if info == 24 else "cbor-float")
        size = 1 << (info - 24)
        argument = int.from_bytes(self.take(size), "big")
        require(argument >= (24 if size == 1 else 1 << 4 * size), "cbor-long-head")
        return major, argument

    def item(self, level=1, key=False):
        """The next item of the profile, in the order in which "CBOR profile" asks."""
        major, argument = self.head()
        self.items += 1
        require(self.items <= MAX_ITEMS, "cbor-too-many-items")
        require(not key or major == TEXT, "cbor-key-type")
        if major in (UNSIGNED, NEGATIVE):
            require(argument + major <= MAX_INTEGER, "cbor-integer-range")
            return argument if major == UNSIGNED else -1 - argument
        if major == BYTES:
            return self.take(argument)
        if major == TEXT:
            try:
                return self.take(argument).decode("utf-8")
            except UnicodeDecodeError:
                raise Refused("cbor-utf8") from None
        require(major != TAG, "cbor-tag")
        if major == OTHER:
            require(argument in (FALSE, TRUE), "cbor-simple")
            return argument == TRUE
        require(argument * (2 if major == MAP else 1) <= self.left(), "cbor-truncated")
        require(level <= MAX_LEVELS, "cbor-too-deep")
        if major == ARRAY:
            return [self.item(level + 1) for _ in range(argument)]
        names = self.keys(argument, lambda: self.item(level + 1, key=True))
        return {name: self.item(level + 1) for name in names}

    def keys(self, count, read):
        """The keys of a map, one at a time, so that the caller reads each value before the next key."""
        before = b""
        for _ in range(count):
            start = self.at
            name = read()
            encoded = self.data[start : self.at]
            require(encoded != before, "cbor-duplicate-key")
            require(encoded > before, "cbor-unsorted-keys")
            before = encoded
            yield name
