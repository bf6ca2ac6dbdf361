@_spi(_Unicode) import Swift

extension String {
    /// The text in Unicode's composed form, NFC.
    var composed: String {
        guard utf8.contains(where: { $0 >= 0x80 }) else { return self }
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: _nfc)
        return String(scalars)
    }
}
