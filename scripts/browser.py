"""A headless Chromium that a script drives: the DevTools protocol over a pipe. Standard library only."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time


def program():
    """Where Chromium is, or None."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


class Browser:
    """One page at a time, with every request and every complaint kept."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="entrepot-browser-")
        to_browser, self.writer = os.pipe()
        self.reader, from_browser = os.pipe()

        def place():
            # Chromium reads from 3 and writes to 4.
            ends = (os.dup(to_browser), os.dup(from_browser))
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self.process = subprocess.Popen(
            [program(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe",
             "--user-data-dir=" + self.folder, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "about:blank"],
            preexec_fn=place, pass_fds=(3, 4), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.number, self.session = b"", 0, None
        self.requests, self.complaints, self.events = [], [], []
        target = next(t for t in self.send("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Network", "Log", "DOM", "Accessibility"]:
            self.send(domain + ".enable")

    def close(self):
        self.process.terminate()
        self.process.wait()
        os.close(self.writer)
        os.close(self.reader)
        shutil.rmtree(self.folder, ignore_errors=True)

    def send(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writer, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def receive(self):
        while b"\0" not in self.buffer:
            piece = os.read(self.reader, 1 << 16)
            if not piece:
                raise RuntimeError("the browser ended")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(line)
        parameters = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(parameters["exceptionDetails"].get("text", "") + " "
                                       + parameters["exceptionDetails"].get("exception", {}).get("description", ""))
            case "Log.entryAdded":
                entry = parameters["entry"]
                if entry["level"] in ("error", "warning"):
                    self.complaints.append(f"{entry['text']} {entry.get('url', '')}")
            case "Page.loadEventFired":
                self.events.append("load")
        return message

    def open(self, address):
        self.events.clear()
        self.send("Page.navigate", url=address)
        while not self.events:
            self.receive()

    def value(self, expression):
        """What an expression of the page's language gives; promises are awaited."""
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, expression, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.value(expression):
                return
            time.sleep(0.1)
        raise RuntimeError(f"waited in vain for {expression}; the page says: {self.value('document.body.innerText')[-1500:]}")

    def choose_file(self, selector, path):
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    def drop_file(self, selector, path):
        self.value(f"document.querySelector('{selector}').scrollIntoView()")
        x, y = self.value(f"(b => [b.x + b.width / 2, b.y + b.height / 2])(document.querySelector('{selector}')"
                          ".getBoundingClientRect())")
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        for kind in ["dragEnter", "dragOver", "drop"]:
            self.send("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)

    def press(self, key, text=None):
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        common = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": codes[key]}
        self.send("Input.dispatchKeyEvent", type="keyDown", **common, **({"text": text} if text else {}))
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text):
        self.send("Input.insertText", text=text)

    def tab_to(self, identifier, limit=80):
        """Goes on with the Tab key alone."""
        for _ in range(limit):
            self.press("Tab")
            if self.value("document.activeElement.id") == identifier:
                return
        raise RuntimeError(f"the Tab key does not reach #{identifier}")

    def screenshot(self, path, width, phone=False):
        """The whole page, as wide as it is on a desktop or a phone; nothing may stick out."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=2 if phone else 1,
                  mobile=phone)
        time.sleep(0.2)
        wide = self.value("document.documentElement.scrollWidth")
        if wide > width:
            raise RuntimeError(f"{path}: the page is {wide} wide on a screen of {width}")
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        picture = self.send(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True,
            clip={"x": 0, "y": 0, "width": width, "height": min(size["height"], 8000), "scale": 1})
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def nameless(self):
        """Controls that a screen reader could not name."""
        nodes = self.send("Accessibility.getFullAXTree")["nodes"]
        wanted = {"button", "link", "checkbox", "textbox", "spinbutton", "combobox", "progressbar", "heading"}
        return [node["role"]["value"] for node in nodes
                if not node.get("ignored") and node.get("role", {}).get("value") in wanted
                and not node.get("name", {}).get("value")]
