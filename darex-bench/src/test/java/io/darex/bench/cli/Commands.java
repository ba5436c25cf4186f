package io.darex.bench.cli;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Runs commands in a process of its own, each argument being one, and prints what each said. */
public final class Commands {
  private Commands() {}

  public static void main(String[] commands) {
    for (String command : commands) {
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      int code = Main.run(said, said, command.split(" "));
      String line = said.toString(StandardCharsets.UTF_8).strip().replace('\n', '|');
      System.out.println(code + " " + line);
    }
  }
}
