package waybill;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A map whose shape was checked: a field that must be there is there, and each is of its type. */
public final class Fields {
    private final Map<String, Object> fields;

    private Fields(Map<String, Object> fields) {
        this.fields = fields;
    }

    static Fields of(Map<?, ?> map) {
        Map<String, Object> fields = new LinkedHashMap<>();
        map.forEach((name, value) -> fields.put((String) name, value));
        return new Fields(fields);
    }

    public boolean has(String name) {
        return fields.containsKey(name);
    }

    public int size() {
        return fields.size();
    }

    public long number(String name) {
        return (Long) fields.get(name);
    }

    public boolean flag(String name) {
        return (Boolean) fields.get(name);
    }

    public String text(String name) {
        return (String) fields.get(name);
    }

    public byte[] bytes(String name) {
        return (byte[]) fields.get(name);
    }

    public Fields map(String name) {
        return of((Map<?, ?>) fields.get(name));
    }

    public List<Fields> maps(String name) {
        return list(name).stream().map(item -> of((Map<?, ?>) item)).toList();
    }

    public List<byte[]> byteStrings(String name) {
        return list(name).stream().map(item -> (byte[]) item).toList();
    }

    public List<String> texts(String name) {
        return list(name).stream().map(item -> (String) item).toList();
    }

    private List<?> list(String name) {
        return (List<?>) fields.get(name);
    }
}
