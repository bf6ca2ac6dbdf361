enum GaussianTable {
    static let directLimit: UInt128 = 1 << 52
    static let chainUnits: UInt128 = 5 << 44
}
