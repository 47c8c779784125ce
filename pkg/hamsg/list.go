package hamsg

import "strconv"

// A packed list is the netstrings of its items one after the other: "5:first,6:second,".

func appendList(dst []byte, items []string) []byte {
	for _, item := range items {
		dst = strconv.AppendInt(dst, int64(len(item)), 10)
		dst = append(dst, ':')
		dst = append(dst, item...)
		dst = append(dst, ',')
	}
	return dst
}

func listSize(items []string) int {
	size := 0
	for _, item := range items {
		size += digits(len(item)) + len(item) + 2
	}
	return size
}

func parseList(s string) ([]string, error) {
	if len(s) > MaxList {
		return nil, &MalformedError{What: "a list too long"}
	}
	var items []string
	for at := 0; at < len(s); {
		start, next, err := netstringAt(s, at)
		if err != nil {
			return nil, whole(err)
		}
		item := s[start : next-1]
		if !goodString(item) {
			return nil, &MalformedError{At: start, What: hasNUL}
		}
		items = append(items, item)
		at = next
	}
	return items, nil
}
