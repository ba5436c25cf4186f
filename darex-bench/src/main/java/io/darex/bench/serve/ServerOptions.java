package io.darex.bench.serve;

import io.darex.bench.console.BadInputException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import lombok.With;

/**
 * Where {@link ModelServer} listens, and what it takes.
 *
 * @param host to listen on
 * @param port to listen on; 0 for any that is free
 * @param folder of the delta files that clients may name, and of the list of models
 * @param token that clients must send; none where nobody else reaches the host
 * @param requestBytes largest body of a request
 * @param grace how long requests may take to be answered once the server ends
 */
@With
public record ServerOptions(
    String host, int port, Path folder, Optional<String> token, int requestBytes, Duration grace) {
  /** So many bytes that a text of a book's chapter fits. */
  public static final int REQUEST_BYTES = 1 << 20;

  private static final String LOOPBACK = "127.0.0.1";
  private static final int LEAST_TOKEN = 16;

  /**
   * @throws BadInputException if the host is unknown, or others reach it and there is no token
   */
  public ServerOptions {
    if (port < 0 || port > 0xffff) {
      throw new BadInputException("--port: expected 0 to 65535, got " + port);
    }
    if (requestBytes < 1) {
      throw new BadInputException("expected room for a request, got " + requestBytes + " bytes");
    }
    if (token.isEmpty() && !isLoopback(host)) {
      throw new BadInputException(
          "--host "
              + host
              + ": expected --token-file where other machines reach the server, got none");
    }
  }

  /** Loopback alone, a free port, no token. */
  public static ServerOptions of(Path folder) {
    return new ServerOptions(
        LOOPBACK, 0, folder, Optional.empty(), REQUEST_BYTES, Duration.ofSeconds(30));
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new BadInputException("--host: expected the name of a host, got " + host, e);
    }
  }

  /**
   * The token in a file: its one line.
   *
   * @throws BadInputException if it is not one line of 16 or more visible ASCII characters
   * @throws IOException if it cannot be read
   */
  public static String token(Path file) throws IOException {
    String token = Files.readString(file).strip();
    if (token.length() < LEAST_TOKEN || !token.matches("[!-~]+")) {
      throw new BadInputException(
          file + ": expected one line of " + LEAST_TOKEN + " or more visible characters of ASCII");
    }
    return token;
  }
}
