import Crypto

/// The certificates between AMD's roots and its chips, which hosts often do not hand out.
///
/// They are trusted for nothing until they chain to a pinned root. Source: kdsintf.amd.com/vcek/v1/<product>/cert_chain and
/// vlek/v1/<product>/cert_chain: ASK, ARK and ASVK of Milan, Genoa and Turin.
enum VendorCertificates {
    /// One list for each product line.
    private static let amd: [[[UInt8]]] = [
        PackageResources.amd_milan_pem, PackageResources.amd_genoa_pem, PackageResources.amd_turin_pem,
    ].map { (try? CertificateFile.certificates($0)) ?? [] }

    /// The certificates of the product lines whose root is trusted: whoever names a root of their own, perhaps with the
    /// same names in it, wants no others.
    static func amd(for roots: TrustRoots) -> [[UInt8]] {
        amd.filter { $0.contains { roots.amdFingerprints.contains(Array(SHA256.hash(data: $0))) } }.flatMap(\.self)
    }
}
