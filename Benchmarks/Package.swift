// swift-tools-version: 6.3
import PackageDescription

// Measurements of speed, beside the main package so that its build stays small:
// swift run -c release --package-path Benchmarks KernelSpeed
let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "entrepot", path: "..")],
    targets: [
        .executableTarget(
            name: "KernelSpeed",
            dependencies: [
                .product(name: "PrivacyKernel", package: "entrepot"), .product(name: "Tables", package: "entrepot"),
            ])
    ]
)
