import ArgumentParser
@main struct Entrepot: AsyncParsableCommand { func run() async throws { print("hi") } }
