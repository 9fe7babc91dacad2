import freemarker.template.Configuration;
import freemarker.template.Template;
import freemarker.template.TemplateExceptionHandler;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;

/**
 * Renders templates with the real FreeMarker. Texts are UTF-8 behind their length in four bytes. In come, for each row,
 * the template, the number of values (four bytes), and their names and texts; out go a byte (1 rendered, 0 failed) and
 * the result or the reason.
 */
public final class Rows {
    public static void main(String[] arguments) throws IOException {
        Configuration configuration = new Configuration(Configuration.VERSION_2_3_31);
        configuration.setLocale(Locale.US);
        configuration.setTimeZone(TimeZone.getTimeZone("UTC"));
        configuration.setURLEscapingCharset("UTF-8");
        configuration.setLogTemplateExceptions(false);
        configuration.setAttemptExceptionReporter((exception, environment) -> { });
        configuration.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
        DataInputStream in = new DataInputStream(System.in);
        DataOutputStream out = new DataOutputStream(System.out);
        while (true) {
            String template;
            try {
                template = read(in);
            } catch (EOFException end) {
                break;
            }
            Map<String, Object> values = new HashMap<>();
            for (int left = in.readInt(); left > 0; left--) {
                put(values, read(in), read(in));
            }
            StringWriter result = new StringWriter();
            boolean rendered = true;
            try {
                new Template("row", template, configuration).process(values, result);
            } catch (Exception failure) {
                rendered = false;
                result = new StringWriter();
                result.write(String.valueOf(failure.getMessage()));
            }
            out.writeByte(rendered ? 1 : 0);
            byte[] bytes = result.toString().getBytes(StandardCharsets.UTF_8);
            out.writeInt(bytes.length);
            out.write(bytes);
        }
        out.flush();
    }

    /** A name with a dot becomes a member of a hash, unless its first part is a text itself. */
    private static void put(Map<String, Object> values, String name, String text) {
        int dot = name.indexOf('.');
        if (dot < 0) {
            values.put(name, text);
            return;
        }
        Object hash = values.computeIfAbsent(name.substring(0, dot), ignored -> new HashMap<String, Object>());
        if (hash instanceof Map) {
            @SuppressWarnings("unchecked")
            Map<String, Object> members = (Map<String, Object>) hash;
            members.put(name.substring(dot + 1), text);
        }
    }

    private static String read(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
