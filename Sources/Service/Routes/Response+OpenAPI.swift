import HTTPTypes
import HummingbirdCore
import NIOCore

extension Response {
    /// `GET /openapi.yaml`: the description of every call, a file beside the sources.
    static let openAPI = Response(
        status: .ok, headers: [.contentType: "application/yaml"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_yaml)))
}
