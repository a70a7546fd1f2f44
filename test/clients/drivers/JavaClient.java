import java.io.IOException;
import java.io.InputStream;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** GETs a URL: JavaClient HttpURLConnection|HttpClient URL (REALM USERNAME PASSWORD)... */
class JavaClient {
  public static void main(String[] args) throws Exception {
    Map<String, PasswordAuthentication> passwords = new HashMap<>();
    for (int i = 2; i < args.length; i += 3) {
      passwords.put(args[i], new PasswordAuthentication(args[i + 1], args[i + 2].toCharArray()));
    }
    // The prompt is the realm of the challenge. A rejected password is not returned again.
    Authenticator authenticator = new Authenticator() {
      @Override
      protected PasswordAuthentication getPasswordAuthentication() {
        return passwords.remove(getRequestingPrompt());
      }
    };
    URI uri = URI.create(args[1]);
    if (args[0].equals("HttpClient")) client(uri, authenticator);
    else connection(uri, authenticator);
  }

  private static void connection(URI uri, Authenticator authenticator) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
    connection.setAuthenticator(authenticator);
    int status = connection.getResponseCode();
    try (InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
      print(status, body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static void client(URI uri, Authenticator authenticator) throws IOException, InterruptedException {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).authenticator(authenticator).build();
    HttpResponse<String> response = client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    print(response.statusCode(), response.body());
  }

  private static void print(int status, String body) throws IOException {
    System.out.write((status + "\n" + body).getBytes(StandardCharsets.UTF_8));
    System.out.flush();
  }
}
