package hbapi

// Inject writes raw bytes to the daemon.
func (c *Client) Inject(b []byte) { c.socket.Write(b) }
