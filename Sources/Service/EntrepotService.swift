import CProcess
import Logging
import ServiceLifecycle
public import UnixSignals

/// The service: one task, from signatures to samples.
///
/// ```swift
/// try await EntrepotService(configuration).run()
/// ```
public struct EntrepotService: Sendable {
    let driver: TaskDriver
    private let configuration: ServiceConfiguration

    /// Opens the state, plans the fit, and finds out how far the task has got. Nothing listens yet.
    ///
    /// - Throws: `ServiceError`, in words for the operator.
    public init(_ configuration: ServiceConfiguration) throws {
        self.configuration = configuration
        self.driver = TaskDriver(try TaskStart(configuration))
    }

    /// Serves until the process is asked to end (SIGTERM, SIGINT); requests under way are answered first.
    public func run(signals: [UnixSignal] = [.sigterm, .sigint]) async throws {
        CoreDumps.forbid(configuration.logger)
        let server = HTTPServer(
            host: configuration.host, port: configuration.port, vsockPort: configuration.vsockPort,
            identity: driver.identity,
            responder: RequestResponder(
                identify: { [task = configuration.specification] key in Caller(publicKeyInfo: key, of: task) },
                handler: driver, metrics: driver.metrics, logger: configuration.logger),
            logger: configuration.logger.quiet, onListening: configuration.onListening)
        await driver.resume()
        let services: [any Service] = [server.service(), DeadlineWatch(driver: driver)]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services, gracefulShutdownSignals: signals, logger: configuration.logger.quiet))
        do {
            try await group.run()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ServiceError.cannotListen(
                host: configuration.host, port: configuration.port, reason: "\(error)")
        }
    }
}

/// Enforces deadlines even when no request arrives.
private struct DeadlineWatch: Service {
    let driver: TaskDriver

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                await driver.expire()
                try await Task.sleep(for: .seconds(1))
            }
        }
    }
}

/// Keeps tables out of core files and from other processes of the same user.
private enum CoreDumps {
    static func forbid(_ logger: Logger) {
        if entrepot_forbid_core_dumps() != 0 { logger.error("core dumps could not be forbidden") }
    }
}

extension Logger {
    /// The same log without the chatter of the libraries below.
    fileprivate var quiet: Logger {
        var logger = self
        logger.logLevel = max(logLevel, .warning)
        return logger
    }
}
