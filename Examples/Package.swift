// swift-tools-version: 6.3
import PackageDescription

// Programs of another package that use this one, built and run by `scripts/examples`.
let products: [Target.Dependency] = [
    .product(name: "EntrepotKernel", package: "entrepot"), .product(name: "EntrepotModels", package: "entrepot"),
]

let package = Package(
    name: "Examples",
    dependencies: [.package(name: "entrepot", path: "..")],
    targets: [
        // From a CSV file to synthetic rows; README shows it word for word.
        .executableTarget(name: "CSVToRows", dependencies: products),
        // A synthesizer that this package does not know.
        .executableTarget(name: "OwnSynthesizer", dependencies: products),
    ]
)
