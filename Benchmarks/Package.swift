// swift-tools-version: 6.3
import PackageDescription

// Measurements of speed and utility, beside the main package so that its build stays small:
// swift run -c release --package-path Benchmarks KernelSpeed
let synthesis: [Target.Dependency] = [
    .product(name: "PrivacyKernel", package: "entrepot"), .product(name: "Synthesizers", package: "entrepot"),
    .product(name: "Tables", package: "entrepot"),
]

let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "entrepot", path: "..")],
    targets: [
        .executableTarget(
            name: "KernelSpeed",
            dependencies: [
                .product(name: "PrivacyKernel", package: "entrepot"), .product(name: "Tables", package: "entrepot"),
            ]),
        .executableTarget(name: "RowsBenchmark", dependencies: synthesis),
        .executableTarget(name: "Coverage", dependencies: synthesis),
    ]
)
