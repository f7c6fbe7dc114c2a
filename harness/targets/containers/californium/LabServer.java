import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.core.coap.CoAP.Code;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.network.Exchange;
import org.eclipse.californium.core.server.DelivererException;
import org.eclipse.californium.core.server.ServerMessageDeliverer;
import org.eclipse.californium.core.server.resources.CoapExchange;
import org.eclipse.californium.core.server.resources.Resource;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConfig.DtlsRole;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.pskstore.AdvancedMultiPskStore;

/**
 * A device server on Eclipse Californium: messages, blocks, observations, de-duplication and DTLS are Californium's own,
 * as it has them by default; resources and who may use them are of the lab.
 *
 * Arguments: weak or hardened; a file with a line "identity TAB key TAB rights" for each account, where rights are "all",
 * "read" or "own" (what lies below devices/identity); the id of the device that has a state and takes commands.
 */
public final class LabServer {
  private static final int PLAIN_PORT = 5683;
  private static final int SECURE_PORT = 5684;
  private static final int MOST_CREATED = 10_000;
  private static final Set<String> PUBLIC = Set.of("", "info", "time", "large", "slow", ".well-known");

  private LabServer() {}

  public static void main(String[] args) throws IOException {
    boolean isHardened = args[0].equals("hardened");
    Map<String, String> rights = new HashMap<>();
    AdvancedMultiPskStore keys = new AdvancedMultiPskStore();
    for (String line : Files.readAllLines(Path.of(args[1]))) {
      String[] account = line.split("\t");
      keys.setKey(account[0], account[1].getBytes(StandardCharsets.UTF_8));
      rights.put(account[0], account[2]);
    }
    CoapConfig.register();
    DtlsConfig.register();
    Configuration configuration = Configuration.createStandardWithoutFile();
    configuration.set(CoapConfig.PROTOCOL_STAGE_THREAD_COUNT, 2);
    configuration.set(DtlsConfig.DTLS_ROLE, DtlsRole.SERVER_ONLY);
    configuration.set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1);
    configuration.set(DtlsConfig.DTLS_CONNECTOR_THREAD_COUNT, 2);

    CoapServer server = new CoapServer(configuration);
    addResources(server, args[2], isHardened);
    server.setMessageDeliverer(new Guard(server.getRoot(), configuration, isHardened, rights));
    CoapEndpoint.Builder plain = CoapEndpoint.builder().setConfiguration(configuration);
    server.addEndpoint(plain.setInetSocketAddress(new InetSocketAddress(PLAIN_PORT)).build());
    DtlsConnectorConfig.Builder dtls = DtlsConnectorConfig.builder(configuration);
    dtls.setAddress(new InetSocketAddress(SECURE_PORT));
    dtls.setAdvancedPskStore(keys);
    CoapEndpoint.Builder secure = CoapEndpoint.builder().setConfiguration(configuration);
    server.addEndpoint(secure.setConnector(new DTLSConnector(dtls.build())).build());
    server.start();
    System.out.println("listening");
  }

  private static void addResources(CoapServer server, String device, boolean isHardened) {
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    CoapResource own = new Stored(device, "");
    own.add(new Stored("command", "lock"), new Stored("state", "locked"), new Stored("upload", "-"), new Counter());
    CoapResource devices = new Stored("devices", "").add(own);
    CoapResource config = new Stored("config", "reporting=60s;server=cloud.invalid");
    server.add(new Fixed("info", "a device server on Eclipse Californium"));
    server.add(new Fixed("large", "a line of the large resource\n".repeat(100)));
    server.add(config, devices, new Stored("new", ""), new Slow(timer));
    // What only some may read is not listed either.
    if (isHardened) for (CoapResource each : List.of(config, devices)) hide(each);
    Clock clock = new Clock();
    server.add(clock);
    timer.scheduleAtFixedRate(clock::changed, 1, 1, TimeUnit.SECONDS);
  }

  private static void hide(Resource resource) {
    ((CoapResource) resource).setVisible(false);
    for (Resource child : resource.getChildren()) hide(child);
  }

  /** Finds the resource of a request for whoever may use it, and makes it where one may be made. */
  private static final class Guard extends ServerMessageDeliverer {
    private final boolean isHardened;
    private final Map<String, String> rights;
    private int created;

    Guard(Resource root, Configuration configuration, boolean isHardened, Map<String, String> rights) {
      super(root, configuration);
      this.isHardened = isHardened;
      this.rights = rights;
    }

    @Override
    protected Resource findResource(Exchange exchange) throws DelivererException {
      Request request = exchange.getRequest();
      List<String> path = request.getOptions().getUriPath();
      Principal who = request.getSourceContext().getPeerIdentity();
      if (isHardened) check(request.getCode(), path, who);
      Resource found = super.findResource(path);
      // Who observes what is not there yet wants to be told when it is.
      boolean isWanted = request.getCode() == Code.PUT || request.getOptions().hasObserve();
      if (found == null && isWanted && mayHold(path, who)) found = make(path);
      return found;
    }

    private void check(Code code, List<String> path, Principal who) throws DelivererException {
      boolean isRead = code == Code.GET || code == Code.FETCH;
      if (isRead && PUBLIC.contains(path.isEmpty() ? "" : path.get(0))) return;
      if (who == null) throw new DelivererException(ResponseCode.UNAUTHORIZED, "only by coaps");
      String may = rights.getOrDefault(who.getName(), "none");
      // There is no resource directory, which a device that looks for one is to be told.
      if (path.equals(List.of("rd"))) return;
      if (may.equals("all") || (may.equals("read") && isRead) || (may.equals("own") && isOwn(path, who))) return;
      throw new DelivererException(ResponseCode.FORBIDDEN, "not yours");
    }

    private static boolean isOwn(List<String> path, Principal who) {
      return path.size() > 2 && path.get(0).equals("devices") && path.get(1).equals(who.getName());
    }

    /** Below "new" where it is weak, and otherwise what a device keeps below its own path. */
    private boolean mayHold(List<String> path, Principal who) {
      if (path.size() > 3 || created >= MOST_CREATED) return false;
      if (isHardened) return who != null && isOwn(path, who);
      return path.size() > 1 && (path.get(0).equals("new") || path.get(0).equals("devices"));
    }

    private synchronized Resource make(List<String> path) {
      Resource at = getRootResource();
      for (String name : path) {
        Resource next = at.getChild(name);
        if (next == null) {
          next = new Stored(name, "");
          ((CoapResource) next).setVisible(!isHardened);
          at.add(next);
          created += 1;
        }
        at = next;
      }
      return at;
    }
  }

  private static final class Fixed extends CoapResource {
    private final String text;

    Fixed(String name, String text) {
      super(name);
      this.text = text;
    }

    @Override
    public void handleGET(CoapExchange exchange) {
      exchange.respond(text);
    }
  }

  /** Keeps what is put to it, and tells its observers. */
  private static final class Stored extends CoapResource {
    private volatile byte[] body;

    Stored(String name, String text) {
      super(name);
      body = text.getBytes(StandardCharsets.UTF_8);
      setObservable(true);
      getAttributes().setObservable();
    }

    @Override
    public void handleGET(CoapExchange exchange) {
      exchange.respond(ResponseCode.CONTENT, body);
    }

    @Override
    public void handlePUT(CoapExchange exchange) {
      body = exchange.getRequestPayload();
      exchange.respond(ResponseCode.CHANGED);
      changed();
    }
  }

  private static final class Counter extends CoapResource {
    private int count;

    Counter() {
      super("counter");
    }

    @Override
    public synchronized void handleGET(CoapExchange exchange) {
      exchange.respond(Integer.toString(count));
    }

    @Override
    public synchronized void handlePOST(CoapExchange exchange) {
      count += 1;
      exchange.respond(ResponseCode.CHANGED);
    }
  }

  private static final class Clock extends CoapResource {
    Clock() {
      super("time");
      setObservable(true);
      getAttributes().setObservable();
    }

    @Override
    public void handleGET(CoapExchange exchange) {
      exchange.setMaxAge(1);
      exchange.respond(Instant.now().toString());
    }
  }

  /** Answers two seconds later, by a separate response. */
  private static final class Slow extends CoapResource {
    private final ScheduledExecutorService timer;

    Slow(ScheduledExecutorService timer) {
      super("slow");
      this.timer = timer;
    }

    @Override
    public void handleGET(CoapExchange exchange) {
      exchange.accept();
      timer.schedule(() -> exchange.respond("done"), 2, TimeUnit.SECONDS);
    }
  }
}
