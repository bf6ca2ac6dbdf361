import Bytes
import Foundation

/// The vendors' public roots, as each vendor publishes them. All three are the same in several independent repositories.
enum VendorRoots {
    /// CN=aws.nitro-enclaves, 2019-10-28…2049-10-28, SHA-256
    /// 641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b.
    /// Source: docs.aws.amazon.com/enclaves/latest/user/verify-root.html.
    static let awsNitro = """
        MIICETCCAZagAwIBAgIRAPkxdWgbkK/hHUbMtOTn+FYwCgYIKoZIzj0EAwMwSTELMAkGA1UEBhMCVVMxDzANBgNVBAoMBkFt\
        YXpvbjEMMAoGA1UECwwDQVdTMRswGQYDVQQDDBJhd3Mubml0cm8tZW5jbGF2ZXMwHhcNMTkxMDI4MTMyODA1WhcNNDkxMDI4\
        MTQyODA1WjBJMQswCQYDVQQGEwJVUzEPMA0GA1UECgwGQW1hem9uMQwwCgYDVQQLDANBV1MxGzAZBgNVBAMMEmF3cy5uaXRy\
        by1lbmNsYXZlczB2MBAGByqGSM49AgEGBSuBBAAiA2IABPwCVOumCMHzaHDimtqQvkY4MpJzbolL//Zy2YlES1BR5TSksfbb\
        48C8WBoyt7F2Bw7eEtaaP+ohG2bnUs990d0JX28TcPQXCEPZ3BABIeTPYwEoCWZEh8l5YoQwTcU/9KNCMEAwDwYDVR0TAQH/\
        BAUwAwEB/zAdBgNVHQ4EFgQUkCW1DdkFR+eWw5b6cp3PmanfS5YwDgYDVR0PAQH/BAQDAgGGMAoGCCqGSM49BAMDA2kAMGYC\
        MQCjfy+Rocm9Xue4YnwWmNJVA44fA0P5W2OpYow9OYCVRaEevL8uO1XYru5xtMPWrfMCMQCi85sWBbJwKKXdS6BptQFuZbT7\
        3o/gBh1qUxl/nNr12UO8Yfwr6wPLb+6NIwLz3/Y=
        """

    /// SHA-256 of AMD's root keys (ARK): Milan, Genoa, Turin. Source: kdsintf.amd.com/vcek/v1/<product>/cert_chain.
    static let amdFingerprints = [
        "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd",
        "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1",
        "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a",
    ]

    /// SHA-256 of the Intel SGX Root CA, 2018-05-21…2049-12-31.
    /// Source: certificates.trustedservices.intel.com/Intel_SGX_Provisioning_Certification_RootCA.cer.
    static let intelFingerprints = ["44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3"]
}

extension TrustRoots {
    /// AWS, AMD and Intel, and no simulated root.
    public static let vendors = TrustRoots(
        nitro: Data(base64Encoded: VendorRoots.awsNitro).map { [Array($0)] } ?? [],
        amdFingerprints: VendorRoots.amdFingerprints.compactMap { Hex.decode($0.utf8) },
        intelFingerprints: VendorRoots.intelFingerprints.compactMap { Hex.decode($0.utf8) })
}
